"""A message that did not go out is sent again, to where its person is reached by now."""

from django.db import transaction

from apps.notifications.domain.workflows import Send, read_steps
from apps.notifications.models import Notification, NotificationChannel, NotificationState
from apps.notifications.services.queueing import queue
from apps.notifications.services.running import seen_by
from apps.notifications.services.sending import address_of, say
from apps.notifications.services.timeline import note
from contracts.notifications import NotificationRequeued
from kernel import clock
from kernel.errors import ConflictError
from kernel.events.publishing import publish
from kernel.rows import change, locked

_IN_VAIN = (NotificationState.FAILED, NotificationState.SKIPPED)
#: Channels whose addresses a person may have changed since.
_BY_ADDRESS = (NotificationChannel.EMAIL, NotificationChannel.SMS, NotificationChannel.WEBHOOK)


@transaction.atomic
def resend_notification(*, id: str) -> Notification:
    """Try one again that failed or was skipped; whether it is wanted is asked anew.

    It goes to the address that its person has now. One whose template could not be filled is made
    of the template as it is now. Raises ConflictError for one that is queued or was sent,
    RenderingError or NotFoundError where its template cannot be filled yet.
    """
    notification = locked(Notification, id)
    if notification.state not in _IN_VAIN:
        raise ConflictError(
            f"only a failed or skipped notification is sent again, this one is {notification.state}"
        )
    if notification.step is not None and not notification.locale:
        _say_anew(notification)
    if notification.subscriber is not None and notification.channel in _BY_ADDRESS:
        # Without one it is skipped, as it is of whoever never had one.
        notification.recipient = address_of(notification.subscriber, notification.channel)
        notification.save(update_fields=["recipient"])
    change(
        notification,
        state=NotificationState.QUEUED,
        attempts=0,
        round=notification.round + 1,
        not_before=clock.now(),
        reason_code="",
        reason="",
    )
    note(notification, "requeued")
    queue(notification)
    publish(
        NotificationRequeued(
            notification_id=str(notification.pk), channel=str(notification.channel)
        )
    )
    return notification


def _say_anew(notification: Notification) -> None:
    """Fill the template of a message that could not be filled when its step was taken."""
    run = notification.run
    if run is None or notification.step is None:
        raise ConflictError("it was never filled, and the run that was to say it is not kept")
    send = read_steps(run.version.steps)[notification.step]
    if not isinstance(send, Send):
        raise ConflictError("it was never filled, and the step that was to say it says nothing")
    say(notification, send, seen_by(run))
    notification.save(update_fields=["subject", "body", "html", "pictures", "locale"])
