"""What an environment says as a whole: one definition in flagd's format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from apps.config.domain.findings import InvalidDefinitionError
from apps.config.domain.parsing import parse
from apps.config.domain.pseudonyms import bound_of
from apps.config.models import FeatureFlag, FlagState, Segment, SegmentState

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Definition:
    """All flags and segments that are live in an environment, by key."""

    flags: Mapping[str, Json] = field(default_factory=dict)
    segments: Mapping[str, Json] = field(default_factory=dict)

    def told(self) -> Json:
        """Return it as flagd reads it."""
        segments = {"$segments": self.segments} if self.segments else {}
        return {**segments, "flags": self.flags}

    def with_changes(
        self, flags: Mapping[str, Json | None], segments: Mapping[str, Json | None]
    ) -> "Definition":
        """Return it with these in the place of what was there; None is there no more."""
        return Definition(_changed(self.flags, flags), _changed(self.segments, segments))


def definition_of(environment_id: UUID) -> Definition:
    """Return what an environment of the current tenant says now."""
    flags = (
        FlagState.objects.filter(environment_id=environment_id)
        .exclude(version__definition="")
        .exclude(version=None)
        .order_by("flag__key")
        .values_list("flag__key", "version__definition", "killed_at")
    )
    segments = (
        SegmentState.objects.filter(environment_id=environment_id)
        .exclude(version__definition="")
        .exclude(version=None)
        .order_by("segment__key")
        .values_list("segment__key", "version__definition")
    )
    return Definition(
        {
            key: as_served(stored(text), killed=killed_at is not None)
            for key, text, killed_at in flags
        },
        {key: stored(text) for key, text in segments},
    )


class Exposing(NamedTuple):
    """Of whom it is told that they get a flag: of those whose pseudonym is below the bound."""

    bound: int
    version: int


class Seen(NamedTuple):
    """The flags whose values anybody may see, and those whose exposures are told."""

    client_visible: frozenset[str]
    exposed: Mapping[str, Exposing]


def seen_in(environment_id: UUID) -> Seen:
    """Return who is to see what of the flags of an environment."""
    rows = (
        FlagState.objects.filter(environment_id=environment_id)
        .filter(Q(flag__client_visible=True) | Q(exposure_rate__gt=0))
        .values_list("flag__key", "flag__client_visible", "exposure_rate", "number")
    )
    found = list(rows)
    return Seen(
        frozenset(key for key, visible, _, _ in found if visible),
        {key: Exposing(bound_of(rate), number) for key, _, rate, number in found if rate},
    )


def as_served(definition: Json, *, killed: bool) -> Json:
    """Return what is served of a flag: while it is killed, nothing but the caller's default."""
    return {**definition, "state": "DISABLED"} if killed else definition


def stored(text: str) -> Json:
    """Read a definition out of a row.

    One that no longer is a definition (the limits have changed, a row was restored from elsewhere)
    is broken alone: it takes no other down.
    """
    try:
        return parse(text)
    except InvalidDefinitionError:
        return {}


def key_of(target: FeatureFlag | Segment) -> str:
    """Return the place of something in a definition, as a finding names it."""
    return f"{'flags' if isinstance(target, FeatureFlag) else '$segments'}/{target.key}"


def _changed(before: Mapping[str, Json], changes: Mapping[str, Json | None]) -> dict[str, Json]:
    kept = {key: given for key, given in before.items() if key not in changes}
    return kept | {key: given for key, given in changes.items() if given is not None}
