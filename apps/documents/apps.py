"""The documents app."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """PDF, Excel, Word, HTML and CSV from one template and one set of data."""

    name = "apps.documents"
    label = "documents"
    verbose_name = "Documents"

    def ready(self) -> None:
        from apps.documents import chores, datasets, tasks  # noqa: F401  registers them
