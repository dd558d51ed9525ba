"""What is served in an environment is changed here, and nowhere else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from apps.config.domain.compiling import compile_set
from apps.config.domain.findings import Finding, Severity, under
from apps.config.domain.flags import FlagSet
from apps.config.domain.values import kind
from apps.config.errors import ApprovalRequiredError, DefinitionRefusedError
from apps.config.models import Environment, FeatureFlag, Origin, Segment, Version
from apps.config.selectors.definitions import Definition, Json, as_served
from apps.config.selectors.environments import Reference
from apps.config.services import environments
from apps.config.services.changes import (
    Change,
    Standing,
    Target,
    check_changes,
    hold_targets,
    place_of,
    standing_of,
)
from apps.config.services.snapshots import BUCKETING, snapshots
from apps.config.services.writing import write_versions
from kernel.errors import ConflictError, InvalidInputError

MOST_REASON = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What became of changes: a version for each, None for one that changes nothing."""

    environment: Environment
    revision: int
    versions: list[Version | None]
    #: What is likely a mistake, and what was broken before.
    warnings: tuple[Finding, ...]


@transaction.atomic
def publish(
    environment: Reference,
    changes: Sequence[Change],
    *,
    reason: str = "",
    origin: Origin = Origin.EDIT,
    approved: bool = False,
) -> Published:
    """Make these changes together, or none of them; a change that changes nothing is left out.

    Raises ConflictError where one was made from a version that is not the current one,
    DefinitionRefusedError with the places of what is wrong, ApprovalRequiredError, NotFoundError,
    InvalidInputError, LimitExceededError.
    """
    check_changes(changes)
    if len(reason) > MOST_REASON:
        raise InvalidInputError(f"a reason has at most {MOST_REASON} characters")
    held = environments.hold(environment)
    if held.approvals_required and not approved:
        raise ApprovalRequiredError(held.key, held.approvals_required)
    changes = hold_targets(changes)
    standing = standing_of(held, [change.target for change in changes])
    _compare(changes, standing)
    parsed = {change.target.pk: change.parsed() for change in changes}
    before = snapshots.current(held)
    after = before.definition.with_changes(
        _by_key(FeatureFlag, changes, parsed, standing), _by_key(Segment, changes, parsed, standing)
    )
    targets = [change.target for change in changes]
    flags = compiled(before.flags, after, targets, held.revision + 1)
    _give_types(changes, parsed)
    moved = [one for one in changes if (one.definition or "") != standing[one.target.pk].definition]
    written: dict[UUID, Version] = {}
    if moved:
        environments.advance(held)
        written = write_versions(held, moved, standing, reason=reason, origin=origin)
        snapshots.settle(held, after, flags)
    return Published(
        environment=held,
        revision=held.revision,
        versions=[written.get(target.pk) for target in targets],
        warnings=flags.findings,
    )


def compiled(
    before: FlagSet, after: Definition, changed: Sequence[Target], revision: int
) -> FlagSet:
    """Compile what an environment is to say.

    Raises DefinitionRefusedError for errors in what was changed, and for those that the change
    brings to others. What was broken before, and is left alone, refuses nothing.
    """
    flags = compile_set(after.told(), revision=str(revision), strict=False, bucketing=BUCKETING)
    places = [place_of(target) for target in changed]
    known = set(before.findings)
    errors = [
        one
        for one in flags.findings
        if one.severity is Severity.ERROR
        and (one not in known or any(inside(one.place, place) for place in places))
    ]
    if errors:
        raise DefinitionRefusedError(errors)
    return flags


def _compare(changes: Sequence[Change], standing: Mapping[UUID, Standing]) -> None:
    """Compare and swap: raise ConflictError for what was made from another version."""
    for change in changes:
        current = standing[change.target.pk].number
        if change.base is not None and change.base != current:
            raise ConflictError(
                f"{change.target.key!r} is at version {current}, and this was made from version"
                f" {change.base}"
            )


def _by_key(
    model: type[Target],
    changes: Sequence[Change],
    parsed: Mapping[UUID, Json | None],
    standing: Mapping[UUID, Standing],
) -> dict[str, Json | None]:
    found: dict[str, Json | None] = {}
    for change in changes:
        if isinstance(change.target, model):
            given = parsed[change.target.pk]
            killed = standing[change.target.pk].killed
            found[change.target.key] = None if given is None else as_served(given, killed=killed)
    return found


def _give_types(changes: Sequence[Change], parsed: Mapping[UUID, Json | None]) -> None:
    """Give a flag the type of its first definition; raise DefinitionRefusedError for another."""
    for change in changes:
        flag, given = change.target, parsed[change.target.pk]
        if given is None or not isinstance(flag, FeatureFlag):
            continue
        found = kind(next(iter(given["variants"].values())))
        if flag.type is None:
            flag.type = found
            flag.save(update_fields=["type"])
        elif flag.type != found:
            message = f"to programs the flag is a {flag.type}, and these are a {found}"
            raise DefinitionRefusedError(
                [Finding(under(place_of(flag), "variants"), "type", message)]
            )


def inside(place: str, outer: str) -> bool:
    """Whether a pointer is another, or leads into what is there."""
    return place == outer or place.startswith(outer + "/")
