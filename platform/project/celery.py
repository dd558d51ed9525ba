"""The Celery application: `celery -A project worker` does the jobs of this process's services."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django.setup()

# What Django's set-up has to come before.
import kernel.celery.worker  # noqa: E402, F401
from kernel.celery.app import app  # noqa: E402

__all__ = ["app"]
