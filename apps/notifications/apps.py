"""The notifications app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """One message to one person, over the channel that person wants."""

    name = "apps.notifications"
    label = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from apps.notifications import datasets  # noqa: F401  registers them
