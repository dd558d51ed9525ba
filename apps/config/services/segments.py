"""Segments: made, described, filled and removed."""

import json
from collections.abc import Sequence
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction

from apps.config.models import Environment, Segment, SegmentVersion
from apps.config.selectors.environments import Reference, environments_of_segments
from apps.config.services.changes import Change, standing_of
from apps.config.services.environments import hold, hold_all
from apps.config.services.publishing import Published, publish
from apps.config.services.withdrawing import withdraw
from contracts.config import SegmentChanged, SegmentCreated, SegmentDeleted
from kernel.errors import ConflictError, DomainError, InvalidInputError, LimitExceededError
from kernel.events.publishing import publish as tell
from kernel.events.publishing import publish_all as tell_all
from kernel.rows import all_locked, change, check, delete, locked

#: Members that one call adds or removes, and those that a segment lists.
MOST_IN_A_CALL = 10_000
MOST_MEMBERS = 100_000


class SegmentChange(TypedDict, total=False):
    """What of a segment can be changed; its key cannot: rules name it."""

    name: str
    description: str


def create_segment(*, key: str, name: str = "", description: str = "") -> Segment:
    """Make one in the current tenant; raises ConflictError when its key is taken.

    It is in no environment before something is published there.
    """
    segment = Segment(key=key, name=name, description=description)
    check(segment)
    try:
        with transaction.atomic():
            segment.save()
            tell(SegmentCreated(segment_id=str(segment.pk), key=key))
    except IntegrityError:
        raise ConflictError(f"there is a segment {key!r} already") from None
    return segment


@transaction.atomic
def update_segment(*, id: str, **changes: Unpack[SegmentChange]) -> Segment:
    """Change what is given and leave the rest as it is."""
    segment = locked(Segment, id)
    change(segment, **changes)
    if changes:
        tell(SegmentChanged(segment_id=str(segment.pk), key=segment.key, fields=tuple(changes)))
    return segment


@transaction.atomic
def delete_segment(*, id: str) -> Segment:
    """Remove a segment and its history, and return it as it was.

    Raises DefinitionRefusedError while flags use it.
    """
    held = hold_all(environments_of_segments([id]))
    segment = locked(Segment, id)
    _delete([segment], held)
    return segment


@transaction.atomic
def delete_segments(*, ids: Sequence[str]) -> list[Segment | DomainError]:
    """Remove many segments; one that is not there does not keep the others."""
    held = hold_all(environments_of_segments(ids))
    segments = all_locked(Segment, ids)
    _delete(segments, held)
    return segments


@transaction.atomic
def change_members(
    *,
    id: str,
    environment: Reference = None,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    base: int | None = None,
    reason: str = "",
) -> Published:
    """Add members to a segment in an environment and remove others; who is there stays once.

    A segment that was not there begins with these.
    """
    if len(add) + len(remove) > MOST_IN_A_CALL:
        raise LimitExceededError(f"at most {MOST_IN_A_CALL} members in a call")
    if overlap := set(add) & set(remove):
        raise InvalidInputError(f"{min(overlap)!r} is to be added and removed")
    held = hold(environment)
    segment = locked(Segment, id)
    text = standing_of(held, [segment])[segment.pk].definition
    definition = json.loads(text) if text else {"members": []}
    gone = set(remove)
    members = [one for one in definition.get("members", []) if one not in gone]
    definition["members"] = list(dict.fromkeys([*members, *add]))
    if len(definition["members"]) > MOST_MEMBERS:
        raise LimitExceededError(f"a segment lists at most {MOST_MEMBERS} members")
    changed = Change(target=segment, definition=json.dumps(definition), base=base)
    return publish(held.pk, [changed], reason=reason)


def _delete(segments: Sequence[Segment | DomainError], held: Sequence[Environment]) -> None:
    withdraw(held, [one for one in segments if not isinstance(one, DomainError)])
    removed = delete(segments)
    if removed:
        SegmentVersion.objects.filter(segment_id__in=[one.pk for one in removed]).delete()
    tell_all([SegmentDeleted(segment_id=str(one.pk), key=one.key) for one in removed])
