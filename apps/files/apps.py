"""The files app."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Uploads, downloads and versions; nothing is served before it is scanned."""

    name = "apps.files"
    label = "files"
    verbose_name = "Files"
