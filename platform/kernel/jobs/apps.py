"""The jobs app: the rows, and the upkeep that the kernel itself needs."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Jobs beside the rows they work on, in every service's own database."""

    name = "kernel.jobs"
    label = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        from kernel.jobs import figures, sqlite, upkeep  # noqa: F401  told, and registered
