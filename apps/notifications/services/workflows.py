"""Workflows: checked as a whole when they are saved, and kept by versions."""

from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError, transaction

from apps.notifications.domain.places import Mistake, MistakesError
from apps.notifications.domain.rules import check_rules
from apps.notifications.domain.workflows import Program, read_steps, templates_of
from apps.notifications.errors import WorkflowRefusedError
from apps.notifications.models import EventRule, NotificationTemplate, Workflow, WorkflowVersion
from contracts.catalogue import event_types
from contracts.event import app_of
from contracts.notifications import WorkflowChanged, WorkflowCreated, WorkflowDeleted
from kernel.errors import ConflictError
from kernel.events.publishing import publish
from kernel.rows import check, locked

_COLUMNS = ("category", "critical", "enabled", "steps", "rules")


def events_for_rules() -> frozenset[str]:
    """Return the types of events that may begin a workflow: ours would begin each other."""
    return frozenset(one for one in event_types() if app_of(one) != "notifications")


@transaction.atomic
def create_workflow(*, name: str, steps: Any, **told: Any) -> Workflow:
    """Make a workflow; raises WorkflowRefusedError, ConflictError when the name is taken."""
    made = Workflow(name=name, steps=steps)
    _set(made, told)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise ConflictError(f"there is a workflow {name!r} already") from None
    _keep(made)
    publish(WorkflowCreated(workflow_id=str(made.pk), name=made.name))
    return made


@transaction.atomic
def update_workflow(*, id: str, **told: Any) -> Workflow:
    """Change what is given. Other steps are another version: who has begun goes on as before."""
    workflow = locked(Workflow, id)
    steps = workflow.steps
    _set(workflow, told)
    if workflow.steps != steps:
        workflow.number += 1
    workflow.save()
    _keep(workflow)
    publish(
        WorkflowChanged(workflow_id=str(workflow.pk), name=workflow.name, number=workflow.number)
    )
    return workflow


@transaction.atomic
def delete_workflow(*, id: str) -> Workflow:
    """Remove a workflow with what it has under way; what was sent stays."""
    workflow = locked(Workflow, id)
    Workflow.objects.filter(pk=workflow.pk).delete()
    publish(WorkflowDeleted(workflow_id=str(workflow.pk), name=workflow.name))
    return workflow


def _set(workflow: Workflow, told: dict[str, Any]) -> None:
    for name in _COLUMNS:
        if name in told:
            setattr(workflow, name, told[name])
    if workflow.rules is None:
        workflow.rules = []
    check(workflow)
    try:
        mistakes = list(_unknown_texts(read_steps(workflow.steps)))
        if mistakes:
            raise MistakesError(mistakes)
        check_rules(workflow.rules, events_for_rules())
    except MistakesError as error:
        raise WorkflowRefusedError(str(error)) from None


def _unknown_texts(program: Program) -> Iterator[Mistake]:
    sends = list(templates_of(program))
    names = {one.template for one in sends}
    found = dict(NotificationTemplate.objects.filter(name__in=names).values_list("name", "texts"))
    for one in sends:
        if one.template not in found:
            yield Mistake(f"{one.place}.template", f"there is no template {one.template!r:.80}")
        elif one.channel not in found[one.template]:
            told = f"the template {one.template!r:.80} has no text for {one.channel}"
            yield Mistake(f"{one.place}.channel", told)


def _keep(workflow: Workflow) -> None:
    WorkflowVersion.objects.get_or_create(
        workflow=workflow, number=workflow.number, defaults={"steps": workflow.steps}
    )
    EventRule.objects.filter(workflow=workflow).delete()
    types = sorted({rule["event"] for rule in workflow.rules})
    EventRule.objects.bulk_create([EventRule(workflow=workflow, event_type=one) for one in types])
