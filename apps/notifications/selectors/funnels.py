"""How far messages come: made, sent, delivered, seen, read."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from apps.notifications.models import Notification, NotificationState, Report

#: Of so many, the newest, it is counted.
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """Of one channel; what was read was seen, and what was seen was sent.

    Delivered is what its provider, or a mail server, told of: none where they tell nothing.
    """

    channel: str
    made: int
    sent: int
    delivered: int
    seen: int
    read: int
    failed: int
    skipped: int


def funnels_of(rows: QuerySet[Notification]) -> list[Funnel]:
    """Return a funnel for each channel of the newest of these rows."""
    newest = rows.order_by("-created_at", "-pk").values("pk")[:MOST_COUNTED]
    counted = (
        Notification.across_tenants.filter(pk__in=newest)
        .order_by("channel")
        .values("channel")
        .annotate(
            made=Count("pk"),
            sent=Count("pk", filter=Q(state=NotificationState.SENT)),
            # Who complains of it has it.
            delivered=Count("pk", filter=Q(reported__in=(Report.DELIVERED, Report.COMPLAINED))),
            seen=Count("seen_at"),
            read=Count("read_at"),
            failed=Count("pk", filter=Q(state=NotificationState.FAILED)),
            skipped=Count("pk", filter=Q(state=NotificationState.SKIPPED)),
        )
    )
    return [Funnel(**one) for one in counted]
