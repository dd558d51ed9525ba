"""Versions of flags and segments, and what is otherwise from one to the next."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from apps.config.domain.differences import Difference, differences
from apps.config.models import (
    FeatureFlag,
    FlagState,
    FlagVersion,
    Segment,
    SegmentState,
    SegmentVersion,
    Version,
)
from apps.config.selectors.definitions import stored
from kernel.errors import NotFoundError

#: Differences that are told.
MOST_TOLD = 500


def version_of(target: FeatureFlag | Segment, environment_id: UUID, number: int) -> Version:
    """Return one version of a target in an environment; raises NotFoundError."""
    rows: Iterable[Version]
    if isinstance(target, FeatureFlag):
        rows = FlagVersion.objects.filter(flag_id=target.pk, environment_id=environment_id)
    else:
        rows = SegmentVersion.objects.filter(segment_id=target.pk, environment_id=environment_id)
    found: Version | None = rows.filter(number=number).first()
    if found is None:
        raise NotFoundError(f"{target.key!r} has no version {number} there")
    return found


def between(before: str, after: str) -> list[Difference]:
    """Return what differs from one definition to another; an empty one says nothing at all."""
    return list(islice(differences(_read(before), _read(after)), MOST_TOLD))


def between_environments(
    one: UUID, other: UUID, *, keys: Sequence[str] | None = None
) -> list[tuple[str, str, list[Difference]]]:
    """Return kind, key and differences of what two environments say otherwise."""
    found = []
    for kind, states, key in (
        ("segment", SegmentState, "segment__key"),
        ("flag", FlagState, "flag__key"),
    ):
        said: dict[UUID, dict[str, str]] = {one: {}, other: {}}
        rows: Any = states.objects.filter(environment_id__in=(one, other)).order_by(key)
        if keys is not None:
            rows = rows.filter(**{f"{key}__in": keys})
        for there, name, text in rows.values_list("environment_id", key, "version__definition"):
            said[there][name] = text or ""
        for name in sorted({*said[one], *said[other]}):
            told = between(said[one].get(name, ""), said[other].get(name, ""))
            if told:
                found.append((kind, name, told))
    return found


def _read(text: str) -> dict[str, Any]:
    return stored(text) if text else {}
