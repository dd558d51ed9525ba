"""Going back, and carrying over: what was said before, or is said elsewhere, is published again."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from apps.config.models import FlagState, Origin, SegmentState
from apps.config.selectors.environments import Reference, found
from apps.config.selectors.versions import version_of
from apps.config.services.changes import Change, Target, kind_of, standing_of
from apps.config.services.environments import hold
from apps.config.services.publishing import Published, publish
from kernel.errors import ConflictError, InvalidInputError
from kernel.ids import parse_id


def roll_back(
    target: Target,
    *,
    environment: Reference = None,
    to_version: int,
    base: int | None = None,
    reason: str = "",
) -> Published:
    """Publish an older version again, as a new one; raises NotFoundError when there is none."""
    with transaction.atomic():
        held = hold(environment)
        older = version_of(target, held.pk, to_version)
        change = Change(
            target=target,
            definition=older.definition or None,
            base=base,
            of_version=to_version,
        )
        return publish(held.pk, [change], reason=reason, origin=Origin.ROLLBACK)


@transaction.atomic
def copy(
    target: Target,
    *,
    source: Reference,
    environment: Reference,
    base: int | None = None,
    reason: str = "",
) -> Published:
    """Publish in one environment what is said in another; raises ConflictError if that is none."""
    held, there = hold(environment), found(source)
    if held.pk == there.pk:
        raise InvalidInputError(f"{held.key!r} cannot be copied to itself")
    definition = standing_of(there, [target])[target.pk].definition
    if not definition:
        raise ConflictError(f"the {kind_of(target)} {target.key!r} is not live in {there.key!r}")
    change = Change(target=target, definition=definition, base=base)
    return publish(held.pk, [change], reason=reason, origin=Origin.COPY)


@transaction.atomic
def copy_environment(
    *,
    id: str,
    source: Reference,
    keys: Sequence[str] | None = None,
    reason: str = "",
) -> Published:
    """Publish here everything that another environment says, or what of it has these keys.

    What is said here and not there stays. All of it is copied, or nothing.
    """
    held, there = hold(parse_id(id)), found(source)
    if held.pk == there.pk:
        raise InvalidInputError(f"{held.key!r} cannot be copied to itself")
    changes = [
        Change(target=target, definition=definition)
        for target, definition in _live(there.pk)
        if keys is None or target.key in keys
    ]
    return publish(held.pk, changes, reason=reason, origin=Origin.COPY)


def _live(environment_id: UUID) -> list[tuple[Target, str]]:
    there = {"environment_id": environment_id}
    segments = SegmentState.objects.filter(**there).exclude(version__definition="")
    flags = FlagState.objects.filter(**there).exclude(version__definition="")
    return [
        *(
            (state.segment, state.version.definition)
            for state in segments.select_related("segment", "version")
            if state.version is not None
        ),
        *(
            (state.flag, state.version.definition)
            for state in flags.select_related("flag", "version")
            if state.version is not None
        ),
    ]
