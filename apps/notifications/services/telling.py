"""Whoever listens to an inbox is told what comes, as soon as this process knows."""

from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import orjson
from django.db import close_old_connections, transaction

from apps.notifications.models import Notification, NotificationChannel, NotificationState
from apps.notifications.selectors.inbox import OVERLAP, shown
from kernel import clock
from kernel.errors import InvalidInputError
from kernel.observability.figures import release
from kernel.streams import StreamEvent, broadcaster

LOOK_SECONDS = 1.0
_MOST_TOLD = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def topic_of(tenant_id: UUID, subscriber_id: UUID) -> str:
    """Return where it is told what comes into an inbox."""
    return f"inbox:{tenant_id.hex}:{subscriber_id.hex}"


def event_of(notification: Notification) -> StreamEvent:
    """Return what is told of a message; its id begins with when that came."""
    assert notification.sent_at is not None  # noqa: S101  it is in the inbox # nosec B101
    moment = (notification.sent_at - _EPOCH) // timedelta(microseconds=1)
    return StreamEvent(
        data=orjson.dumps(shown(notification)),
        id=f"{moment}-{notification.pk.hex}",
        name="message",
    )


def moment_of(event_id: str) -> datetime:
    """Return when that came which somebody heard last; raises InvalidInputError."""
    text = event_id.partition("-")[0]
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise InvalidInputError(f"Last-Event-ID is none of ours: {event_id[:60]!r}")
    return _EPOCH + timedelta(microseconds=int(text))


def tell_inbox(notification: Notification) -> None:
    """Tell whoever listens here of a message, once it is committed."""
    transaction.on_commit(partial(look.tell, notification), robust=True)


class InboxLook:
    """Finds what other processes have put into inboxes that somebody listens to here."""

    def __init__(self) -> None:
        self._since = clock.now()
        self._told: OrderedDict[UUID, None] = OrderedDict()

    def tell(self, notification: Notification) -> None:
        """Tell of a message once."""
        if notification.subscriber_id is None or notification.pk in self._told:
            return
        self._told[notification.pk] = None
        if len(self._told) > _MOST_TOLD:
            self._told.popitem(last=False)
        topic = topic_of(notification.tenant_id, notification.subscriber_id)
        broadcaster.publish(topic, event_of(notification))

    def __call__(self, topics: set[str]) -> None:
        """Look what came since the last look, with what was late before it."""
        now = clock.now()
        if not topics:
            self._since = now
            release()
            return
        listened = [UUID(topic.split(":")[2]) for topic in topics]
        try:
            rows = Notification.across_tenants.filter(
                subscriber_id__in=listened,
                channel=NotificationChannel.IN_APP,
                state=NotificationState.SENT,
                sent_at__gt=self._since - OVERLAP,
            )
            for notification in rows.order_by("sent_at", "pk")[:1_000]:
                self.tell(notification)
        finally:
            close_old_connections()
        self._since = now


look = InboxLook()
