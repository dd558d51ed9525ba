"""The history of health as a Django app, for its table."""

from django.apps import AppConfig


class UptimeConfig(AppConfig):
    """Holds how everything was."""

    name = "kernel.uptime"
    label = "uptime"
    verbose_name = "Uptime"

    def ready(self) -> None:
        from kernel.uptime import upkeep  # noqa: F401  registers its job
