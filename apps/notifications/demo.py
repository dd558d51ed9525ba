"""Demo data: a few notifications to look at."""

from apps.notifications.models import Notification, NotificationChannel
from apps.notifications.services import create_notification


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not Notification.objects.exists():
        _make()
    return f"{Notification.objects.count():,} notifications"


def _make() -> None:
    create_notification(
        recipient="bert-jan@example.com",
        channel=NotificationChannel.EMAIL,
        subject="Ten secrets are scheduled for deletion",
    )
    create_notification(
        recipient="on-call@example.com",
        channel=NotificationChannel.PUSH,
        subject="Trail logging was stopped",
    )
    create_notification(
        recipient="benjamin@example.com",
        channel=NotificationChannel.IN_APP,
        subject="Your import of 48,184 runways is ready",
    )
