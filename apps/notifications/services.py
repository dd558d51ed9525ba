"""What may be done to notifications."""

from apps.notifications.models import Notification, NotificationChannel


def create_notification(
    *, recipient: str, channel: NotificationChannel, subject: str
) -> Notification:
    """Make one in the current tenant."""
    return Notification.objects.create(recipient=recipient, channel=channel, subject=subject)
