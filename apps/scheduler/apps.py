"""The scheduler app."""

from django.apps import AppConfig


class SchedulerConfig(AppConfig):
    """Jobs at the right minute in every time zone, with their whole history."""

    name = "apps.scheduler"
    label = "scheduler"
    verbose_name = "Scheduler"

    def ready(self) -> None:
        from apps.scheduler import datasets, tasks  # noqa: F401  registers them
