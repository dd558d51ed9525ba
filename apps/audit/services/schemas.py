"""Schemas of actions: added as versions that never change, and put on record."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from apps.audit.domain.entries import Actor, Entry, Target
from apps.audit.domain.schemas import SchemaError, compiled
from apps.audit.models import ActionSchema, SchemaMode
from apps.audit.services.judging import known
from apps.audit.services.recording import record_event
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.events.actors import current_actor
from kernel.rows import change, check
from kernel.tenancy.context import current_tenant_id

#: Versions of a tenant, and of one action those that are in force.
MOST_VERSIONS = 2_000
MOST_IN_FORCE = 5


@transaction.atomic
def add_schema(*, action: str, schema: Any, mode: str = SchemaMode.WARN) -> ActionSchema:
    """Add the next version of the schema of an action; those before it stay as they are.

    Raises InvalidInputError, LimitExceededError, or ConflictError when somebody adds one meanwhile.
    """
    try:
        compiled(schema)
    except SchemaError as error:
        raise InvalidInputError(str(error)) from None
    if ActionSchema.objects.count() >= MOST_VERSIONS:
        raise LimitExceededError(f"at most {MOST_VERSIONS} versions of schemas a tenant")
    versions = ActionSchema.objects.filter(action=action)
    last = versions.aggregate(last=Max("version"))["last"] or 0
    made = ActionSchema(action=action, version=last + 1, schema=schema, mode=_mode(mode))
    check(made)
    _check_in_force(made)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise ConflictError(f"version {made.version} was added meanwhile; try again") from None
    _put_on_record(made, "added")
    return made


@transaction.atomic
def set_mode(*, action: str, version: int, mode: str) -> ActionSchema:
    """Say what becomes of entries that do not fit a version; raises NotFoundError."""
    found = ActionSchema.objects.select_for_update().filter(action=action, version=version).first()
    if found is None:
        raise NotFoundError(f"no version {version} of a schema of {action}")
    if found.mode == _mode(mode):
        return found
    found.mode = mode
    _check_in_force(found)
    change(found, mode=mode)
    _put_on_record(found, "changed")
    return found


def _mode(mode: str) -> str:
    if mode not in SchemaMode.values:
        raise InvalidInputError(
            f"a mode is one of {', '.join(SchemaMode.values)}, found {mode!r:.40}"
        )
    return mode


def _check_in_force(schema: ActionSchema) -> None:
    """Raise LimitExceededError when an entry would be held to too many versions."""
    others = ActionSchema.objects.filter(action=schema.action).exclude(pk=schema.pk)
    if schema.mode != SchemaMode.OFF and others.exclude(mode="off").count() >= MOST_IN_FORCE:
        raise LimitExceededError(f"at most {MOST_IN_FORCE} versions of an action are in force")


def _put_on_record(schema: ActionSchema, verb: str) -> None:
    actor, tenant_id = current_actor(), current_tenant_id()
    record_event(
        Entry(
            action=f"audit.schema.{verb}",
            occurred_at=clock.now(),
            actor=Actor(type=actor.type, id=actor.id, name=actor.name),
            targets=(Target(type="ActionSchema", id=str(schema.pk), name=str(schema)),),
            metadata={"action": schema.action, "version": schema.version, "mode": schema.mode},
        )
    )
    transaction.on_commit(lambda: known.forget(tenant_id))
