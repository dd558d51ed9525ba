"""Jobs that deliver: one counts at a time, that of the notification's latest round."""

from datetime import datetime

from apps.notifications.models import Notification
from kernel.jobs.services import enqueue

DELIVER = "notifications.deliver"


def queue(notification: Notification, *, at: datetime | None = None) -> None:
    """Store the job of the round that the notification is in; saved is that by the caller."""
    enqueue(
        DELIVER,
        f"{notification.pk}:{notification.round}",
        run_at=at or notification.not_before,
        priority=notification.priority,
    )
