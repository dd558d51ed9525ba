"""The portal as a Django app, for its templates and static files."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Pages for people, and the same for programs."""

    name = "project.portal"
    label = "portal"
