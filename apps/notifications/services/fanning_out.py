"""A trigger comes to runs, one for each person, some hundred at a time."""

import logging
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.notifications.models import (
    Run,
    RunState,
    Subscriber,
    Trigger,
    TriggerState,
    WorkflowVersion,
)
from apps.notifications.services.digesting import ADVANCE
from apps.notifications.services.running import advance
from apps.notifications.services.triggering import FAN_OUT
from kernel import clock
from kernel.faults import fault_point
from kernel.jobs.services import enqueue

logger = logging.getLogger("septet.notifications")

AT_ONCE = 200


def fan_out(trigger_id: UUID, after: str) -> None:
    """Begin the runs of the next people of a trigger, and take each as far as it goes.

    Done again, it begins none twice, and goes on with those that were left.
    """
    begun = _begin_some(trigger_id, after)
    fault_point("notifications-fanned-out")
    fresh = Run.objects.filter(pk__in=begun, state=RunState.ACTIVE, round=0)
    for run_id in list(fresh.order_by("pk").values_list("pk", flat=True)):
        try:
            advance(run_id, 0)
        except Exception:  # the others go on
            logger.exception("a run does not go on", extra={"run": str(run_id)})
            target = f"{run_id}:0"
            enqueue(ADVANCE, target, key=f"{ADVANCE} {target}")


@transaction.atomic
def _begin_some(trigger_id: UUID, after: str) -> list[UUID]:
    trigger = Trigger.objects.select_for_update().filter(pk=trigger_id).first()
    if trigger is None or trigger.state not in (TriggerState.ACCEPTED, TriggerState.STARTED):
        return []
    if trigger.expires_at is not None and trigger.expires_at <= clock.now():
        trigger.state = TriggerState.EXPIRED
        trigger.save(update_fields=["state"])
        return []
    people = _people(trigger)
    if after:
        people = people.filter(pk__gt=UUID(after))
    some = list(people.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    version = WorkflowVersion.objects.select_related("workflow").get(
        workflow_id=trigger.workflow_id, number=trigger.workflow.number
    )
    Run.objects.bulk_create(
        [Run(trigger=trigger, version=version, subscriber_id=one) for one in some],
        ignore_conflicts=True,
    )
    if len(some) == AT_ONCE:
        target = f"{trigger.pk}:{some[-1]}"
        enqueue(FAN_OUT, target, key=f"{FAN_OUT} {target}", priority=trigger.priority)
    _started(trigger)
    rows = Run.objects.filter(trigger=trigger, subscriber_id__in=some)
    return list(rows.values_list("pk", flat=True))


def _people(trigger: Trigger) -> QuerySet[Subscriber]:
    # Somebody in two of the topics is one person.
    return Subscriber.objects.filter(
        Q(key__in=trigger.subscribers) | Q(memberships__topic__in=trigger.topics)
    ).distinct()


def _started(trigger: Trigger) -> None:
    if trigger.state != TriggerState.ACCEPTED:
        return
    known = set(
        Subscriber.objects.filter(key__in=trigger.subscribers).values_list("key", flat=True)
    )
    trigger.unknown = [one for one in trigger.subscribers if one not in known]
    trigger.state = TriggerState.STARTED
    trigger.save(update_fields=["state", "unknown"])
