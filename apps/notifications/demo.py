"""Demo data: a few notifications to look at, with and without files."""

from apps.notifications.models import Notification, NotificationChannel
from apps.notifications.services import create_notification
from kernel.demo import demo_id


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
        attachment_ids=[str(demo_id("File", "incident-report.pdf"))],
    )
    create_notification(
        recipient="benjamin@example.com",
        channel=NotificationChannel.IN_APP,
        subject="Your import of 48,184 runways is ready",
        attachment_ids=[str(demo_id("File", "runways.csv"))],
    )
