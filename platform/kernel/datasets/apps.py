"""The datasets app: batches of rows that were applied."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """Beside the rows that its batches changed, in every service's own database."""

    name = "kernel.datasets"
    label = "datasets"
    verbose_name = "Datasets"

    def ready(self) -> None:
        from kernel.datasets import members, upkeep  # noqa: F401  registers its dataset and job
