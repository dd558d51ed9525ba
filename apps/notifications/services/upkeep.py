"""What is done by itself: messages that nobody delivers any more, and those of long ago."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.notifications.conf import KEPT, WEBHOOK_DELIVERIES_KEPT
from apps.notifications.errors import GivenUpError
from apps.notifications.models import (
    DeliveryState,
    Notification,
    NotificationState,
    Passage,
    Run,
    RunState,
    Trigger,
    TriggerState,
    WebhookDelivery,
)
from apps.notifications.services.forwarding import POST
from apps.notifications.services.notifications import TAKE_UP
from apps.notifications.services.outcomes import Book, Round, locked
from apps.notifications.services.posting import give_up_post
from apps.notifications.services.queueing import DELIVER, SEND
from kernel import clock
from kernel.jobs.models import Job, JobState
from kernel.jobs.registry import queue_of
from kernel.tenancy.context import current_tenant_id, in_tenant

#: A job that was given up leaves its message queued. After so long one is looked for.
ABANDONED = timedelta(days=2)
_GIVEN_UP = "its job was given up"
_AT_ONCE = 500


def end_abandoned() -> int:
    """Fail what is queued long behind its time with nobody at it, so that it can be sent again.

    What still has a job waits for that, however long: nobody may have served its queue. Returns
    how many.
    """
    ended = 0
    for tenant_id, rounds in _late(Notification.across_tenants.all()).items():
        with in_tenant(tenant_id), transaction.atomic():
            waiting = _with_job(rounds, DELIVER, SEND)
            untaken = _live_jobs(TAKE_UP).exists()
            book, rows = Book(), locked(rounds - waiting)
            # Those made many at once have one job together until each has its own.
            given_up = [row for row in rows if row.round or not untaken]
            for row in given_up:
                book.failed(row, GivenUpError(_GIVEN_UP))
            book.write()
            ended += len(given_up)
    return ended


def end_abandoned_posts() -> int:
    """Fail deliveries to endpoints that are queued so without a job; return how many."""
    ended = 0
    for tenant_id, rounds in _late(WebhookDelivery.across_tenants.all()).items():
        with in_tenant(tenant_id), transaction.atomic():
            for round_ in sorted(rounds - _with_job(rounds, POST)):
                ended += give_up_post(*round_, GivenUpError(_GIVEN_UP))
    return ended


def _late(rows: QuerySet[Any]) -> dict[UUID, set[Round]]:
    """Return the oldest rounds that are long behind their time, by tenant."""
    late = rows.filter(state="queued", not_before__lt=clock.now() - ABANDONED)
    found: dict[UUID, set[Round]] = {}
    told = late.order_by("not_before").values_list("tenant_id", "pk", "round")
    for tenant_id, id_, round_ in told[:_AT_ONCE]:
        found.setdefault(tenant_id, set()).add((id_, round_))
    return found


def _with_job(rounds: Collection[Round], *names: str) -> set[Round]:
    targets = {f"{id_}:{round_}": (id_, round_) for id_, round_ in rounds}
    live = _live_jobs(*names).filter(target__in=targets)
    return {targets[one] for one in live.values_list("target", flat=True)}


def _live_jobs(*names: str) -> QuerySet[Job]:
    """Return the jobs of the current tenant that have not ended."""
    return Job.objects.filter(
        tenant_id=current_tenant_id(),
        queue__in={queue_of(name) for name in names},
        state__in=(JobState.QUEUED, JobState.RUNNING),
        name__in=names,
    )


def forget_old_posts() -> int:
    """Delete what was posted to endpoints long ago, some at a time; return how many."""
    before = clock.now() - WEBHOOK_DELIVERIES_KEPT.value()
    old = WebhookDelivery.across_tenants.filter(created_at__lt=before)
    with transaction.atomic():
        ids = list(
            old.exclude(state=DeliveryState.QUEUED)
            .order_by("created_at")
            .values_list("pk", flat=True)[:_AT_ONCE]
        )
        WebhookDelivery.across_tenants.filter(pk__in=ids).delete()
    return len(ids)


def forget_old() -> int:
    """Delete what was done with long ago, some at a time; return how many messages."""
    before = clock.now() - KEPT.value()
    with transaction.atomic():
        old = Notification.across_tenants.filter(created_at__lt=before).exclude(
            state=NotificationState.QUEUED
        )
        ids = list(old.order_by("created_at").values_list("pk", flat=True)[:_AT_ONCE])
        Notification.across_tenants.filter(pk__in=ids).delete()
        triggers = Trigger.across_tenants.filter(created_at__lt=before).exclude(
            state=TriggerState.ACCEPTED
        )
        running = Run.across_tenants.filter(state=RunState.ACTIVE).values("trigger_id")
        done = list(triggers.exclude(pk__in=running).values_list("pk", flat=True)[:_AT_ONCE])
        Trigger.across_tenants.filter(pk__in=done).delete()
        passed = Passage.across_tenants.filter(at__lt=before).values_list("pk", flat=True)
        Passage.across_tenants.filter(pk__in=list(passed[:_AT_ONCE])).delete()
    return len(ids)
