"""The figures of each hour as a Django app, for their table."""

from django.apps import AppConfig


class ActivityConfig(AppConfig):
    """Holds what was counted of each hour."""

    name = "kernel.activity"
    label = "activity"
    verbose_name = "Activity"

    def ready(self) -> None:
        from kernel.activity import of_kernel, upkeep  # noqa: F401  registers them
