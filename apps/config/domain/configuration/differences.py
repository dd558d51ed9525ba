"""What is another in one value than in an earlier one."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apps.config.domain.findings import under

#: Of one comparison; the rest is counted as one.
MOST = 500


class Verb(StrEnum):
    """What became of a place."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place, as a JSON pointer, with what it held and holds."""

    place: str
    verb: Verb
    before: Any = None
    after: Any = None


def differences(before: Any, after: Any) -> Iterator[Difference]:
    """Yield what differs, in the order of places; objects by member, all else as a whole.

    `1` and `1.0` differ, and so do `true` and `1`.
    """
    yield from _between(before, after, "")


def _between(before: Any, after: Any, place: str) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            inside = under(place, name)
            if name not in after:
                yield Difference(inside, Verb.REMOVED, before=before[name])
            elif name not in before:
                yield Difference(inside, Verb.ADDED, after=after[name])
            else:
                yield from _between(before[name], after[name], inside)
    elif not _same(before, after):
        yield Difference(place, Verb.CHANGED, before, after)


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    return bool(one == other)
