"""The composition root as a Django app, for its commands."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Knows every app and holds the commands that run them."""

    name = "project"
    label = "project"
