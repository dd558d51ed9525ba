"""A queued notification has a job for each round of it."""

from apps.notifications.models import Notification, NotificationChannel
from kernel.jobs.models import Job
from kernel.jobs.services import new_job, store

#: One by one, since each may be as slow as whom it is for.
DELIVER = "notifications.deliver"
#: Many at once: it is over in the database, or goes over lines to one server.
SEND = "notifications.send"
SENT_TOGETHER = frozenset(
    (NotificationChannel.EMAIL, NotificationChannel.SMS, NotificationChannel.IN_APP)
)


def job_of(notification: Notification) -> Job:
    """Return the job of the round that the notification is in, not stored yet."""
    return new_job(
        SEND if notification.channel in SENT_TOGETHER else DELIVER,
        f"{notification.pk}:{notification.round}",
        run_at=notification.not_before,
        priority=notification.priority,
    )


def queue(notification: Notification) -> None:
    """Store that job; saved is the round by the caller."""
    store(job_of(notification))
