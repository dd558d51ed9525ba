"""The notifications app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """One message to one person, over the channel that person wants."""

    name = "apps.notifications"
    label = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from apps.notifications import checks, chores, datasets, tasks  # noqa: F401  registers them
        from apps.notifications.selectors import activity, figures  # noqa: F401  counted, and told
        from apps.notifications.services.telling import HINT, LOOK_SECONDS, look
        from kernel.hints.following import followers
        from kernel.serving.router import mount
        from kernel.streams import EventStreams, Room

        # Of a tenant all listen who have its pages open, and each takes some 30 kB.
        room = Room(most=5_000, most_of_tenant=5_000)
        streams = EventStreams("inbox", look=look, every_seconds=LOOK_SECONDS, room=room)
        mount("/notifications/api/inbox/events/", streams)
        followers.add(HINT, look.follow)
