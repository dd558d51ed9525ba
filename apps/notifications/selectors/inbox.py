"""What is in somebody's inbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.notifications.models import Notification, NotificationChannel, NotificationState

MOST_SHOWN = 50
MOST_COUNTED = 1_000
#: Moments are taken before a commit, so one may come later with an earlier moment.
OVERLAP = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many are new, and how many unread: up to a thousand of each."""

    unseen: int
    unread: int


def messages_of(subscriber_id: UUID) -> QuerySet[Notification]:
    """Return all messages in an inbox."""
    return Notification.objects.filter(
        subscriber_id=subscriber_id,
        channel=NotificationChannel.IN_APP,
        state=NotificationState.SENT,
    )


#: Which messages a tab shows.
TABS = {
    "all": Q(archived_at=None, snoozed_until=None),
    "unread": Q(archived_at=None, snoozed_until=None, read_at=None),
    "archived": Q(archived_at__isnull=False),
    "snoozed": Q(archived_at=None, snoozed_until__isnull=False),
}


def page_of(subscriber_id: UUID, tab: str, before: UUID | None) -> list[Notification]:
    """Return the newest messages of a tab, or those before one."""
    rows = messages_of(subscriber_id).filter(TABS[tab])
    if before is not None:
        # It may have left the tab meanwhile.
        every = messages_of(subscriber_id)
        last = every.filter(pk=before).values_list("sent_at", flat=True).first()
        if last is not None:
            rows = rows.filter(Q(sent_at__lt=last) | Q(sent_at=last, pk__lt=before))
    return list(rows.order_by("-sent_at", "-pk")[:MOST_SHOWN])


def counts_of(subscriber_id: UUID) -> Counts:
    """Return the counts of what is neither archived nor put off."""
    rows = messages_of(subscriber_id).filter(TABS["all"]).order_by()
    return Counts(
        unseen=rows.filter(seen_at=None)[:MOST_COUNTED].count(),
        unread=rows.filter(read_at=None)[:MOST_COUNTED].count(),
    )


def sent_since(subscriber_id: UUID, moment: datetime) -> list[Notification]:
    """Return what came after a moment, the oldest first, with what may have been late before it."""
    rows = messages_of(subscriber_id).filter(sent_at__gt=moment - OVERLAP, snoozed_until=None)
    return list(rows.order_by("sent_at", "pk")[: 2 * MOST_SHOWN])


def shown(notification: Notification) -> dict[str, Any]:
    """Return a message as its reader is shown it."""
    return {
        "id": str(notification.pk),
        "subject": notification.subject,
        "body": notification.body,
        "category": notification.category,
        "sentAt": notification.sent_at,
        "seenAt": notification.seen_at,
        "readAt": notification.read_at,
        "archivedAt": notification.archived_at,
        "snoozedUntil": notification.snoozed_until,
    }
