"""Whoever listens to an inbox is told what comes, as soon as this process knows.

What this process puts into inboxes it tells by itself. Of what others do it is given a hint, and
looks once for all who listen here; where hints do not arrive, it looks once a second.
"""

import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Lock
from uuid import UUID

import orjson
from django.db import close_old_connections, transaction

from apps.notifications.models import Notification, NotificationChannel, NotificationState
from apps.notifications.selectors.inbox import OVERLAP, shown
from kernel import clock
from kernel.errors import InvalidInputError
from kernel.hints.hearing import hints
from kernel.observability.figures import release
from kernel.streams import StreamEvent, broadcaster

HINT = "notifications-inbox"
_TOPIC = "inbox:"
#: How long it takes at most where hints do not arrive.
LOOK_SECONDS = 1.0
#: A process gives a hint at most this often, and who is given one looks so much later.
HINT_SECONDS = 0.05
_AT_ONCE = 1_000
_MOST_TOLD = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def topic_of(tenant_id: UUID, subscriber_id: UUID) -> str:
    """Return where it is told what comes into an inbox."""
    return f"{_TOPIC}{tenant_id.hex}:{subscriber_id.hex}"


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
    """Tell whoever listens, here or elsewhere, of a message, once it is committed."""
    transaction.on_commit(partial(look.tell, notification), robust=True)
    hint_inboxes()


def hint_inboxes() -> None:
    """Let all processes look what came into inboxes, once it is committed."""
    transaction.on_commit(_hinting, robust=True)


class _Hinting:
    """Gives hints, and not too often: one stands for those that come right after it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._next = 0.0

    def __call__(self) -> None:
        now = time.monotonic()
        with self._lock:
            if now < self._next:
                return
            self._next = now + HINT_SECONDS
        hints.tell(HINT)


_hinting = _Hinting()


class InboxLook:
    """Finds what other processes have put into inboxes that somebody listens to here."""

    def __init__(self) -> None:
        self._lock = Lock()
        #: The last look; None while nobody listens.
        self._since: datetime | None = None
        #: One that was put off comes again, at another moment.
        self._told: OrderedDict[tuple[UUID, datetime | None], None] = OrderedDict()

    def tell(self, notification: Notification) -> None:
        """Tell of a message once, each time that it comes."""
        once = notification.pk, notification.sent_at
        if notification.subscriber_id is None or once in self._told:
            return
        self._told[once] = None
        if len(self._told) > _MOST_TOLD:
            self._told.popitem(last=False)
        topic = topic_of(notification.tenant_id, notification.subscriber_id)
        broadcaster.publish(topic, event_of(notification))

    def follow(self) -> None:
        """Look because of a hint, after what it stands for has been committed, too."""
        if any(topic.startswith(_TOPIC) for topic in broadcaster.topics()):
            time.sleep(HINT_SECONDS)
            self({topic for topic in broadcaster.topics() if topic.startswith(_TOPIC)})

    def __call__(self, topics: set[str]) -> None:
        """Look what came since the last look, with what was late before it."""
        now = clock.now()
        with self._lock:
            if not topics:
                self._since = None
                release()
                return
            # Who has begun to listen has read what was there before.
            since = (self._since or now) - OVERLAP
            try:
                for notification in self._news([UUID(one.split(":")[2]) for one in topics], since):
                    self.tell(notification)
            finally:
                close_old_connections()
            self._since = now

    def _news(self, listened: Sequence[UUID], since: datetime) -> Iterator[Notification]:
        """Yield what came and was not told; of what was, no more than the key is read."""
        rows = Notification.across_tenants.filter(
            subscriber_id__in=listened,
            channel=NotificationChannel.IN_APP,
            state=NotificationState.SENT,
            sent_at__gt=since,
            snoozed_until=None,
        )
        came = [one for one in rows.values_list("pk", "sent_at") if one not in self._told]
        keys = sorted(key for key, _ in came)
        for number in range(0, len(keys), _AT_ONCE):
            some = keys[number : number + _AT_ONCE]
            yield from Notification.across_tenants.filter(pk__in=some).order_by("sent_at", "pk")


look = InboxLook()
