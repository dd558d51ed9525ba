"""What is done by itself: messages that nobody delivers any more, and those of long ago."""

from datetime import timedelta

from django.db import transaction

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
from kernel import clock

#: A job that was given up leaves its message queued: nothing waits so long behind its time.
ABANDONED = timedelta(days=2)
_AT_ONCE = 500


def end_abandoned() -> int:
    """Fail what is queued long behind its time, so that it can be sent again; return how many."""
    late = Notification.across_tenants.filter(
        state=NotificationState.QUEUED, not_before__lt=clock.now() - ABANDONED
    )
    with transaction.atomic():
        some = list(late.order_by("not_before").values_list("pk", flat=True)[:_AT_ONCE])
        return Notification.across_tenants.filter(
            pk__in=some, state=NotificationState.QUEUED
        ).update(
            state=NotificationState.FAILED,
            reason_code=GivenUpError.code,
            reason="its job was given up",
        )


def end_abandoned_posts() -> int:
    """Fail deliveries to endpoints that are queued long behind their time; return how many."""
    late = WebhookDelivery.across_tenants.filter(
        state=DeliveryState.QUEUED, not_before__lt=clock.now() - ABANDONED
    )
    with transaction.atomic():
        some = list(late.order_by("not_before").values_list("pk", flat=True)[:_AT_ONCE])
        return WebhookDelivery.across_tenants.filter(
            pk__in=some, state=DeliveryState.QUEUED
        ).update(
            state=DeliveryState.FAILED,
            error_code=GivenUpError.code,
            error_message="its job was given up",
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
