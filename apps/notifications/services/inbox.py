"""What people do with their messages: seen, read, put away or off, and back."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet

from apps.notifications.domain.snoozing import wakes_at
from apps.notifications.models import Notification, Subscriber
from apps.notifications.selectors.inbox import messages_of
from apps.notifications.services.telling import tell_inbox
from apps.notifications.services.timeline import note
from contracts.notifications import NotificationRead, NotificationSnoozed, NotificationWoken
from kernel import clock
from kernel.errors import DomainError, InvalidInputError
from kernel.events.publishing import publish, publish_all
from kernel.jobs.services import new_job, store_all
from kernel.rows import all_locked

MOST_AT_ONCE = 100
WAKE = "notifications.wake"

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
    return _set(rows.filter(archived_at=None), archived_at=now, snoozed_until=None)


def _unarchived(rows: Rows, _now: datetime) -> Rows:
    return _set(rows, archived_at=None)


def _unsnoozed(rows: Rows, _now: datetime) -> Rows:
    return _set(rows, snoozed_until=None)


def _set(rows: Rows, **columns: Any) -> Rows:
    rows.update(**columns)
    return rows


class InboxVerb(StrEnum):
    """What people do with messages of their inbox."""

    SEEN = "seen"
    READ = "read"
    UNREAD = "unread"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    SNOOZE = "snooze"
    UNSNOOZE = "unsnooze"


_VERBS: dict[str, Callable[[Rows, datetime], Rows]] = {
    InboxVerb.SEEN: _seen,
    InboxVerb.READ: _read,
    InboxVerb.UNREAD: _unread,
    InboxVerb.ARCHIVE: _archived,
    InboxVerb.UNARCHIVE: _unarchived,
    InboxVerb.UNSNOOZE: _unsnoozed,
}


@transaction.atomic
def mark(subscriber_id: UUID, verb: str, ids: Sequence[UUID] | None, *, until: str = "") -> None:
    """Do to messages of an inbox what a verb says: to these, or to all. Twice is as good as once.

    `snooze` takes `until`, as `domain.snoozing` reads it in the person's zone, and names its
    messages. Ids of others' messages change nothing. Raises InvalidInputError.
    """
    if verb not in list(InboxVerb):
        raise InvalidInputError(f"one of {', '.join(InboxVerb)}, found {verb!r:.40}")
    rows = messages_of(subscriber_id)
    if ids is not None:
        if len(ids) > MOST_AT_ONCE:
            raise InvalidInputError(f"at most {MOST_AT_ONCE} messages at once")
        rows = rows.filter(pk__in=ids)
    if verb == InboxVerb.SNOOZE:
        if ids is None:
            raise InvalidInputError("messages are put off by their ids")
        _snooze(rows, _until(subscriber_id, until))
    else:
        _VERBS[verb](rows, clock.now())


@transaction.atomic
def mark_notifications(
    *, ids: Sequence[str], verb: str, until: str = ""
) -> list[Notification | DomainError]:
    """Do to messages of inboxes what a verb says; what is no message of an inbox is left alone.

    One that is not there does not keep the others. Raises InvalidInputError.
    """
    found = all_locked(Notification, ids)
    rows = [one for one in found if isinstance(one, Notification)]
    people: dict[UUID, list[UUID]] = {}
    for one in rows:
        if one.subscriber_id is not None:
            people.setdefault(one.subscriber_id, []).append(one.pk)
    for subscriber_id, mine in people.items():
        mark(subscriber_id, verb, mine, until=until)
    fresh = Notification.objects.in_bulk([one.pk for one in rows])
    return [fresh[one.pk] if isinstance(one, Notification) else one for one in found]


@transaction.atomic
def wake(notification_id: UUID, until: datetime) -> None:
    """Let a message come into its inbox anew, unread, if it is still put off until that moment."""
    rows = Notification.objects.select_for_update()
    message = rows.filter(pk=notification_id, snoozed_until=until).first()
    if message is None:
        return
    message.snoozed_until = message.seen_at = message.read_at = None
    message.sent_at = clock.now()
    message.save(update_fields=["snoozed_until", "seen_at", "read_at", "sent_at"])
    note(message, "woken")
    publish(NotificationWoken(notification_id=str(message.pk)))
    tell_inbox(message)


def _snooze(rows: Rows, until: datetime) -> None:
    chosen = list(rows.select_for_update().order_by("pk"))
    rows.filter(pk__in=[one.pk for one in chosen]).update(snoozed_until=until)
    told = until.isoformat()
    store_all([new_job(WAKE, f"{one.pk}:{told}", run_at=until) for one in chosen])
    for one in chosen:
        note(one, "snoozed", why=f"until {until:%Y-%m-%d %H:%M} UTC")
    publish_all([NotificationSnoozed(notification_id=str(one.pk), until=until) for one in chosen])


def _until(subscriber_id: UUID, told: str) -> datetime:
    subscriber = Subscriber.objects.get(pk=subscriber_id)
    try:
        return wakes_at(told, clock.now(), ZoneInfo(subscriber.time_zone))
    except ValueError as error:
        raise InvalidInputError(f"until: {error}") from None
