"""The kernel as a Django app, for its commands and templates."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """Mechanisms every app uses."""

    name = "kernel"
    label = "kernel"
