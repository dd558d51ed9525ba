"""Environments: made, described, removed, and moved on by one revision at a time."""

from collections.abc import Sequence
from typing import TypedDict, Unpack
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from apps.config.models import Environment, FlagVersion, SegmentVersion
from apps.config.selectors.environments import Reference, named
from apps.config.selectors.places import FIRST
from apps.config.services.values import forget_environment
from contracts.config import (
    EnvironmentChanged,
    EnvironmentCreated,
    EnvironmentDeleted,
    EnvironmentPublished,
)
from kernel.errors import ConflictError, LimitExceededError, NotFoundError
from kernel.events.publishing import publish
from kernel.rows import change, check, locked

MOST_ENVIRONMENTS = 50


class EnvironmentChange(TypedDict, total=False):
    """What of an environment can be changed; its key cannot: programs name it."""

    name: str
    approvals_required: int
    position: int


@transaction.atomic
def create_environment(
    *, key: str, name: str | None = None, approvals_required: int = 0, position: int | None = None
) -> Environment:
    """Make one, behind the others if nothing is said.

    Raises ConflictError when its key is taken, LimitExceededError when there are too many.
    """
    known = Environment.objects.all()
    if known.count() >= MOST_ENVIRONMENTS:
        raise LimitExceededError(f"at most {MOST_ENVIRONMENTS} environments")
    if position is None:
        last = known.aggregate(last=Max("position"))["last"]
        position = 0 if last is None else last + 1
    environment = Environment(
        key=key,
        name=key if name is None else name,
        approvals_required=approvals_required,
        position=position,
    )
    check(environment)
    try:
        with transaction.atomic():
            environment.save()
    except IntegrityError:
        raise ConflictError(f"there is an environment {key!r} already") from None
    publish(EnvironmentCreated(environment_id=str(environment.pk), key=key))
    return environment


@transaction.atomic
def update_environment(*, id: str, **changes: Unpack[EnvironmentChange]) -> Environment:
    """Change what is given and leave the rest as it is."""
    environment = locked(Environment, id)
    change(environment, **changes)
    if changes:
        publish(
            EnvironmentChanged(
                environment_id=str(environment.pk), key=environment.key, fields=tuple(changes)
            )
        )
    return environment


@transaction.atomic
def delete_environment(*, id: str) -> Environment:
    """Remove an environment with its keys and all history of flags in it."""
    environment = locked(Environment, id)
    Environment.objects.filter(pk=environment.pk).delete()
    for versions in (FlagVersion, SegmentVersion):
        versions.objects.filter(environment_id=environment.pk).delete()
    forget_environment(environment.key)
    publish(EnvironmentDeleted(environment_id=str(environment.pk), key=environment.key))
    return environment


def default() -> Environment:
    """Return the first environment of the current tenant; without one, production is made."""
    found = named(None).first()
    if found is not None:
        return found
    try:
        return create_environment(key=FIRST, name="Production")
    except ConflictError:
        return named(FIRST).get()


def hold(environment: Reference) -> Environment:
    """Return an environment, locked until the transaction ends: who changes it waits here.

    Flags are locked after it, never before. Raises NotFoundError.
    """
    if environment is None:
        environment = default().pk
    found = named(environment).select_for_update().first()
    if found is None:
        raise NotFoundError(f"no environment {environment}")
    return found


def hold_all(environment_ids: Sequence[UUID]) -> list[Environment]:
    """Return these environments, locked until the transaction ends."""
    if not environment_ids:
        return []
    # In the order of the key, so that no two calls wait in a circle.
    rows = Environment.objects.select_for_update().filter(pk__in=environment_ids)
    return list(rows.order_by("pk"))


def advance(environment: Environment) -> int:
    """Give a held environment its next revision, and tell of it; return the revision."""
    change(environment, revision=environment.revision + 1)
    publish(
        EnvironmentPublished(
            environment_id=str(environment.pk),
            key=environment.key,
            revision=environment.revision,
        )
    )
    return environment.revision
