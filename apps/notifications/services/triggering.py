"""Workflows are begun: by a call, many at once, or by an event."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict, Unpack

from django.db import IntegrityError, transaction

from apps.notifications.domain.rules import Recipients, recipients
from apps.notifications.models import (
    DigestItem,
    EventRule,
    Run,
    RunState,
    Trigger,
    TriggerState,
    Workflow,
)
from apps.notifications.services.running import end
from apps.notifications.services.templates import checked_data
from contracts.expressions.errors import ExpressionError
from contracts.notifications import TriggerAccepted, TriggerCancelled
from kernel import clock
from kernel.errors import (
    ConflictError,
    DomainError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
)
from kernel.events.inbox import once_a_batch
from kernel.events.publishing import publish
from kernel.jobs.services import enqueue
from kernel.rows import change, check, check_count, locked
from kernel.tenancy.context import current_tenant_id

FAN_OUT = "notifications.fan_out"
MOST_SUBSCRIBERS = 1_000
MOST_TOPICS = 20
PRIORITIES = range(-10, 11)


class Told(TypedDict):
    """What a workflow is begun with."""

    workflow: str
    subscribers: NotRequired[Sequence[str] | None]
    topics: NotRequired[Sequence[str] | None]
    data: NotRequired[Mapping[str, Any] | None]
    key: NotRequired[str | None]
    priority: NotRequired[int | None]
    not_before: NotRequired[datetime | None]
    expires_at: NotRequired[datetime | None]


@transaction.atomic
def trigger(**told: Unpack[Told]) -> Trigger:
    """Begin a workflow, by its name; told again with the same key, return what was begun.

    Raises NotFoundError for no such workflow, ConflictError for one that is switched off.
    """
    workflow = Workflow.objects.filter(name=told["workflow"]).first()
    if workflow is None:
        raise NotFoundError(f"no workflow {told['workflow']!r:.120}")
    return _begin(workflow, told)


def trigger_many(*, triggers: Sequence[Told]) -> list[Trigger | DomainError]:
    """Begin many; one that cannot be begun does not keep the others."""
    check_count("triggers", triggers)
    outcomes: list[Trigger | DomainError] = []
    with transaction.atomic():
        for told in triggers:
            try:
                with transaction.atomic():
                    outcomes.append(trigger(**told))
            except DomainError as error:
                outcomes.append(error)
    return outcomes


@transaction.atomic
def cancel_trigger(*, id: str) -> Trigger:
    """Let nothing more come of a trigger; what was sent was sent. Twice is as good as once."""
    found = locked(Trigger, id)
    if found.state == TriggerState.CANCELLED:
        return found
    change(found, state=TriggerState.CANCELLED)
    DigestItem.objects.filter(run__trigger=found, digest__open=True, run__digest=None).delete()
    active = Run.objects.filter(trigger=found, state=RunState.ACTIVE).select_for_update()
    active.filter(digest=None).update(state=RunState.CANCELLED)
    for run in active.order_by("pk"):
        end(run, RunState.CANCELLED)
        run.save()
    publish(TriggerCancelled(trigger_id=str(found.pk), workflow_id=str(found.workflow_id)))
    return found


@transaction.atomic
def follow_event(type_: str, event_id: str, subject: str, data: Mapping[str, Any]) -> list[Trigger]:
    """Begin what the rules for an event say; the same event begins each workflow once.

    A rule that the event has not what it asks for does not hold.
    """
    begun: list[Trigger] = []
    # The rules of a tenant are asked for once for all events that are handled together.
    ruled = once_a_batch(("rules", current_tenant_id()), _ruled)
    if type_ not in ruled:
        return begun
    found = Workflow.objects.filter(event_rules__event_type=type_, enabled=True).order_by("pk")
    for workflow in found:
        to = _recipients(workflow, type_, subject, data)
        if to.subscribers or to.topics:
            told = Told(
                workflow=workflow.name,
                subscribers=to.subscribers,
                topics=to.topics,
                data=data,
                key=f"event:{event_id}",
            )
            begun.append(_begin(workflow, told))
    return begun


def _ruled() -> frozenset[str]:
    """Return the types of events that may begin anything in the current tenant."""
    rules = EventRule.objects.filter(workflow__enabled=True)
    return frozenset(rules.values_list("event_type", flat=True).distinct())


def _recipients(
    workflow: Workflow, type_: str, subject: str, data: Mapping[str, Any]
) -> Recipients:
    keys: dict[str, None] = {}
    topics: dict[str, None] = {}
    for rule in workflow.rules:
        if rule["event"] != type_:
            continue
        try:
            found = recipients(rule, subject, data)
        except ExpressionError:
            found = None
        if found is not None:
            keys |= dict.fromkeys(found.subscribers)
            topics |= dict.fromkeys(found.topics)
    return Recipients(tuple(keys), tuple(topics))


def _begin(workflow: Workflow, told: Told) -> Trigger:
    if not workflow.enabled:
        raise ConflictError(f"the workflow {workflow.name!r} is switched off")
    made = _checked(workflow, told)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        return Trigger.objects.get(workflow=workflow, key=made.key)
    enqueue(FAN_OUT, f"{made.pk}:", run_at=made.not_before, priority=made.priority)
    publish(TriggerAccepted(trigger_id=str(made.pk), workflow_id=str(workflow.pk)))
    return made


def _checked(workflow: Workflow, told: Told) -> Trigger:
    subscribers, topics = told.get("subscribers") or (), told.get("topics") or ()
    if len(subscribers) > MOST_SUBSCRIBERS or len(topics) > MOST_TOPICS:
        raise LimitExceededError(
            f"at most {MOST_SUBSCRIBERS} subscribers and {MOST_TOPICS} topics: use a topic"
        )
    if not subscribers and not topics:
        raise InvalidInputError("expected subscribers, topics or both")
    data = checked_data(told.get("data") or {})
    priority = told.get("priority") or 0
    if priority not in PRIORITIES:
        raise InvalidInputError("a priority is -10 to 10")
    made = Trigger(
        workflow=workflow,
        key=told.get("key") or "",
        subscribers=list(dict.fromkeys(subscribers)),
        topics=list(dict.fromkeys(topics)),
        data=data,
        priority=priority,
        not_before=told.get("not_before") or clock.now(),
        expires_at=told.get("expires_at"),
    )
    check(made, only=("key", "priority"))
    return made
