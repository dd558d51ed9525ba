"""What somebody wants to publish joined with what others have published meanwhile."""

import json
from dataclasses import dataclass
from datetime import datetime

from apps.config.domain.differences import MISSING, Difference, Merge, merge
from apps.config.models import Environment
from apps.config.selectors.definitions import stored
from apps.config.selectors.versions import between, version_of
from apps.config.services.changes import Target, standing_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What is there now, how it differs from what a change was made from, and both in one."""

    number: int
    author: str
    reason: str
    at: datetime
    differences: list[Difference]
    #: None where it is taken out in one of them and changed in the other.
    merged: str | None
    #: Places, within the target, that both have changed; theirs stays there.
    conflicts: tuple[str, ...]


def merge_texts(base: str, ours: str, theirs: str) -> Merge:
    """Join two changes of a stored definition; an empty text is none."""
    was, mine, others = (stored(text) if text else MISSING for text in (base, ours, theirs))
    return merge(was, mine, others)


def join(target: Target, environment: Environment, *, base: int, ours: str) -> Joined:
    """Join a change that was made from one version with the version that is current now.

    Raises NotFoundError where there is no such version.
    """
    now = standing_of(environment, [target])[target.pk].number
    there = version_of(target, environment.pk, now)
    before = version_of(target, environment.pk, base).definition if base else ""
    found = merge_texts(before, ours, there.definition)
    merged = None
    if found.merged is not MISSING:
        merged = json.dumps(found.merged, indent=2, ensure_ascii=False)
    return Joined(
        number=there.number,
        author=there.author_name or there.author_id,
        reason=there.reason,
        at=there.created_at,
        differences=between(before, there.definition),
        merged=merged,
        conflicts=found.conflicts,
    )
