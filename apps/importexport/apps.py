"""The importexport app."""

from django.apps import AppConfig


class ImportExportConfig(AppConfig):
    """Tables in and out: CSV and Excel, in batches, with every error named."""

    name = "apps.importexport"
    label = "importexport"
    verbose_name = "Import & export"

    def ready(self) -> None:
        from apps.importexport import chores, conf, tasks  # noqa: F401  registers them
        from apps.importexport.selectors import activity  # noqa: F401  counted by its jobs

        # What is wrong with them ends the start, with a sentence that says so.
        conf.external_databases()
