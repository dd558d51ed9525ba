"""What is to become of flags and segments in an environment, and how they stand there now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from apps.config.domain.findings import InvalidDefinitionError, under
from apps.config.domain.limits import Limits
from apps.config.domain.parsing import parse
from apps.config.errors import DefinitionRefusedError
from apps.config.models import Environment, FeatureFlag, FlagState, Segment, SegmentState
from apps.config.selectors.definitions import Json
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError

MOST_CHANGES = 1_000
#: One definition of a flag; a segment lists many.
FLAG_LIMITS = Limits(definition_bytes=1_000_000)
SEGMENT_LIMITS = Limits(definition_bytes=5_000_000)

Target = FeatureFlag | Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of a flag or a segment in an environment."""

    target: Target
    #: The JSON as it was written; None takes it out of the environment.
    definition: str | None
    #: The number of the version that it was made from, 0 where there was none; None does not ask.
    base: int | None = None
    #: The number of the version that a rollback goes back to.
    of_version: int | None = None

    def parsed(self) -> Json | None:
        """Return the definition; raises DefinitionRefusedError with the place."""
        if self.definition is None:
            return None
        limits = FLAG_LIMITS if isinstance(self.target, FeatureFlag) else SEGMENT_LIMITS
        try:
            return parse(self.definition, limits)
        except InvalidDefinitionError as error:
            place = place_of(self.target)
            raise DefinitionRefusedError(
                [replace(one, place=place + one.place) for one in error.findings]
            ) from None


@dataclass(frozen=True, slots=True)
class Standing:
    """A target as it stands in an environment: nothing was ever said of it if the number is 0."""

    number: int = 0
    definition: str = ""
    killed: bool = False


def place_of(target: Target) -> str:
    """Return the pointer to a target in the definition of an environment."""
    return under("", "flags" if isinstance(target, FeatureFlag) else "$segments", target.key)


def kind_of(target: Target) -> str:
    """Return what a target is called."""
    return "feature flag" if isinstance(target, FeatureFlag) else "segment"


def of_kind(model: type[Target], targets: Iterable[Target]) -> list[UUID]:
    """Return the ids of those targets that are of a kind."""
    return [target.pk for target in targets if isinstance(target, model)]


def check_changes(changes: Sequence[Change]) -> None:
    """Raise LimitExceededError or InvalidInputError for changes that cannot be made together."""
    if len(changes) > MOST_CHANGES:
        raise LimitExceededError(f"at most {MOST_CHANGES} changes at once, found {len(changes)}")
    if len({change.target.pk for change in changes}) < len(changes):
        raise InvalidInputError("the same flag or segment is changed twice")


def hold_targets(changes: Sequence[Change]) -> list[Change]:
    """Return the changes with their targets as they are now, locked until the transaction ends.

    Raises NotFoundError for one that is gone, ConflictError for an archived flag.
    """
    targets = [change.target for change in changes]
    found: dict[UUID, Target] = {}
    for model in (FeatureFlag, Segment):
        if ids := of_kind(model, targets):
            rows = model.objects.select_for_update().filter(pk__in=ids).order_by("pk")
            found.update((row.pk, row) for row in rows)
    for target in targets:
        row = found.get(target.pk)
        if row is None:
            raise NotFoundError(f"no {kind_of(target)} {target.key!r}")
        if isinstance(row, FeatureFlag) and row.archived_at is not None:
            raise ConflictError(f"the feature flag {row.key!r} is archived")
    return [replace(change, target=found[change.target.pk]) for change in changes]


def standing_of(environment: Environment, targets: Sequence[Target]) -> dict[UUID, Standing]:
    """Return how each target stands in an environment."""
    found = {target.pk: Standing() for target in targets}
    if ids := of_kind(FeatureFlag, targets):
        states = FlagState.objects.filter(environment=environment, flag_id__in=ids)
        for pk, number, definition, killed_at in states.values_list(
            "flag_id", "number", "version__definition", "killed_at"
        ):
            found[pk] = Standing(number, definition or "", killed_at is not None)
    if ids := of_kind(Segment, targets):
        there = SegmentState.objects.filter(environment=environment, segment_id__in=ids)
        for pk, number, definition in there.values_list(
            "segment_id", "number", "version__definition"
        ):
            found[pk] = Standing(number, definition or "")
    return found
