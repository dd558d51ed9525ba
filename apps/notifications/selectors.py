"""Reads of notifications, always within the current tenant."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from apps.notifications.models import Notification, NotificationChannel, NotificationState
from kernel.rows import narrowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What notifications somebody wants; a part that is None lets all through."""

    recipient: str | None = None
    channel: NotificationChannel | None = None
    state: NotificationState | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


def matching(notifications: QuerySet[Notification], wanted: Filter) -> QuerySet[Notification]:
    """Return those of the notifications that pass every part of the filter."""
    return narrowed(
        notifications,
        recipient=wanted.recipient,
        channel=wanted.channel,
        state=wanted.state,
        created_at__gte=wanted.created_from,
        created_at__lt=wanted.created_before,
    )
