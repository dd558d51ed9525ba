"""What people do with their messages: seen, read, put away, and back."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.notifications.models import Notification
from apps.notifications.selectors.inbox import messages_of
from contracts.notifications import NotificationRead
from kernel import clock
from kernel.errors import InvalidInputError
from kernel.events.publishing import publish_all

MOST_AT_ONCE = 100

Rows = QuerySet[Notification]


def _seen(rows: Rows, now: datetime) -> Rows:
    return _set(rows.filter(seen_at=None), seen_at=now)


def _read(rows: Rows, now: datetime) -> Rows:
    unread = list(rows.filter(read_at=None).values_list("pk", flat=True))
    rows.filter(pk__in=unread, seen_at=None).update(seen_at=now)
    rows.filter(pk__in=unread).update(read_at=now)
    publish_all([NotificationRead(notification_id=str(one)) for one in unread])
    return rows


def _unread(rows: Rows, _now: datetime) -> Rows:
    return _set(rows, read_at=None)


def _archived(rows: Rows, now: datetime) -> Rows:
    return _set(rows.filter(archived_at=None), archived_at=now)


def _unarchived(rows: Rows, _now: datetime) -> Rows:
    return _set(rows, archived_at=None)


def _set(rows: Rows, **columns: Any) -> Rows:
    rows.update(**columns)
    return rows


_VERBS: dict[str, Callable[[Rows, datetime], Rows]] = {
    "seen": _seen,
    "read": _read,
    "unread": _unread,
    "archive": _archived,
    "unarchive": _unarchived,
}
VERBS = frozenset(_VERBS)


@transaction.atomic
def mark(subscriber_id: UUID, verb: str, ids: Sequence[UUID] | None) -> None:
    """Do to messages of an inbox what a verb says: to these, or to all. Twice is as good as once.

    Ids of others' messages change nothing. Raises InvalidInputError.
    """
    if verb not in _VERBS:
        raise InvalidInputError(f"one of {', '.join(sorted(VERBS))}, found {verb!r:.40}")
    rows = messages_of(subscriber_id)
    if ids is not None:
        if len(ids) > MOST_AT_ONCE:
            raise InvalidInputError(f"at most {MOST_AT_ONCE} messages at once")
        rows = rows.filter(pk__in=ids)
    _VERBS[verb](rows, clock.now())
