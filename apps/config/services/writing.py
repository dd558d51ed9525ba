"""Versions as they are written: a row for each, which is current from then on, and its event."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.config.models import (
    Environment,
    FeatureFlag,
    FlagState,
    FlagVersion,
    Origin,
    SegmentState,
    SegmentVersion,
    Version,
)
from apps.config.services.changes import Change, Standing
from contracts.config import FlagPublished, SegmentPublished
from contracts.event import Event
from kernel.events.actors import current_actor
from kernel.events.publishing import publish_all


def write_versions(
    held: Environment,
    changes: Sequence[Change],
    standing: Mapping[UUID, Standing],
    *,
    reason: str,
    origin: Origin,
) -> dict[UUID, Version]:
    """Write a version of each of these, make it the current one, and tell of it."""
    actor = current_actor()
    written: dict[UUID, Version] = {}
    for change in changes:
        columns: dict[str, Any] = {
            "environment_id": held.pk,
            "revision": held.revision,
            "number": standing[change.target.pk].number + 1,
            "definition": change.definition or "",
            "of_version": change.of_version,
            "origin": origin,
            "reason": reason,
            "author_type": actor.type,
            "author_id": actor.id,
            "author_name": actor.name,
        }
        if isinstance(change.target, FeatureFlag):
            version: Version = FlagVersion(flag_id=change.target.pk, **columns)
        else:
            version = SegmentVersion(segment_id=change.target.pk, **columns)
        written[change.target.pk] = version
    _keep_flags([one for one in written.values() if isinstance(one, FlagVersion)])
    _keep_segments([one for one in written.values() if isinstance(one, SegmentVersion)])
    publish_all([_event(held, change, written[change.target.pk]) for change in changes])
    return written


def _keep_flags(versions: list[FlagVersion]) -> None:
    if not versions:
        return
    FlagVersion.objects.bulk_create(versions)
    states = [
        FlagState(
            flag_id=one.flag_id, environment_id=one.environment_id, version=one, number=one.number
        )
        for one in versions
    ]
    FlagState.objects.bulk_create(
        states,
        update_conflicts=True,
        unique_fields=("flag", "environment"),
        update_fields=("version", "number"),
    )


def _keep_segments(versions: list[SegmentVersion]) -> None:
    if not versions:
        return
    SegmentVersion.objects.bulk_create(versions)
    states = [
        SegmentState(
            segment_id=one.segment_id,
            environment_id=one.environment_id,
            version=one,
            number=one.number,
        )
        for one in versions
    ]
    SegmentState.objects.bulk_create(
        states,
        update_conflicts=True,
        unique_fields=("segment", "environment"),
        update_fields=("version", "number"),
    )


def _event(held: Environment, change: Change, version: Version) -> Event:
    told: dict[str, Any] = {
        "key": change.target.key,
        "environment_id": str(held.pk),
        "environment": held.key,
        "version": version.number,
        "revision": held.revision,
        "origin": str(version.origin),
        "removed": not version.definition,
    }
    if isinstance(change.target, FeatureFlag):
        return FlagPublished(flag_id=str(change.target.pk), **told)
    return SegmentPublished(segment_id=str(change.target.pk), **told)
