"""The notifications app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """One message to one person, over the channel that person wants."""

    name = "apps.notifications"
    label = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from apps.notifications import datasets, tasks  # noqa: F401  registers them
        from apps.notifications.services.telling import LOOK_SECONDS, look
        from kernel.serving.router import mount
        from kernel.streams import EventStreams

        streams = EventStreams("inbox", look=look, every_seconds=LOOK_SECONDS)
        mount("/notifications/api/inbox/events/", streams)
