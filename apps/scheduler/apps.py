"""The scheduler app."""

from django.apps import AppConfig


class SchedulerConfig(AppConfig):
    """Jobs at the right minute in every time zone, with their whole history."""

    name = "apps.scheduler"
    label = "scheduler"
    verbose_name = "Scheduler"

    def ready(self) -> None:
        from apps.scheduler import datasets, tasks  # noqa: F401  registers them
        from apps.scheduler.selectors import activity  # noqa: F401  counted by its job
        from apps.scheduler.services.telling import LOOK_SECONDS, look
        from kernel.serving.router import mount
        from kernel.streams import EventStreams

        streams = EventStreams("runs", look=look, every_seconds=LOOK_SECONDS)
        mount("/scheduler/api/runs/", streams)
