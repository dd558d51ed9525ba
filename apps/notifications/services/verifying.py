"""A mail that asks whether an address is somebody's."""

from django.db import transaction

from apps.notifications.models import Notification, NotificationChannel, Subscriber
from apps.notifications.selectors.links import verify_url
from apps.notifications.services.notifications import created
from apps.notifications.services.queueing import queue
from kernel import clock
from kernel.errors import ConflictError
from kernel.events.publishing import publish
from kernel.rows import locked

_SUBJECT = "Is this address yours?"
_BODY = """Somebody wants to send messages to this address. If it is yours, say so here:

{url}

If it is not, do nothing: nothing is sent to it.
"""


@transaction.atomic
def ask_to_verify(*, id: str) -> Subscriber:
    """Send a mail with a link by which somebody verifies their address, good for three days.

    Raises ConflictError for somebody without an address, or with one that is verified.
    """
    subscriber = locked(Subscriber, id)
    if not subscriber.email or subscriber.email_verified_at is not None:
        raise ConflictError("there is no address to verify")
    # To the address and not to the subscriber, who gets nothing before that is verified.
    notification = Notification(
        recipient=subscriber.email,
        channel=NotificationChannel.EMAIL,
        subject=_SUBJECT,
        body=_BODY.format(url=verify_url(subscriber)),
        critical=True,
        not_before=clock.now(),
        round=1,
    )
    notification.save()
    queue(notification)
    publish(created(notification))
    return subscriber
