"""What is otherwise in one definition than in another, and how two changes of one become one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apps.config.domain.findings import under


@dataclass(frozen=True, slots=True)
class Difference:
    """One place, a JSON pointer, with what was there and what is; MISSING stands for nothing."""

    place: str
    before: Any
    after: Any


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


#: In the place of a value that is not there; null is one.
MISSING: Any = _Missing()


def differences(before: Any, after: Any, place: str = "") -> Iterator[Difference]:
    """Yield what differs: objects member by member, lists of one length item by item."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            here = before.get(name, MISSING), after.get(name, MISSING)
            yield from differences(*here, under(place, name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from differences(old, new, under(place, index))
    elif not same(before, after):
        yield Difference(place, before, after)


def same(a: Any, b: Any) -> bool:
    """Whether two values are written alike: `1`, `1.0` and `true` are three."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


@dataclass(frozen=True, slots=True)
class Merge:
    """Both changes in one, and the places at which they contradict each other."""

    merged: Any
    conflicts: tuple[str, ...]


def merge(base: Any, ours: Any, theirs: Any) -> Merge:
    """Join two changes of one value, member by member (a three-way merge).

    Where both changed the same member, and not to the same, it is a conflict, and theirs stays.
    Lists are one value: what stands at a place of a list means nothing without the others.
    """
    conflicts: list[str] = []
    return Merge(_merged(base, ours, theirs, "", conflicts), tuple(conflicts))


def _merged(base: Any, ours: Any, theirs: Any, place: str, conflicts: list[str]) -> Any:
    if same(ours, theirs) or same(base, ours):
        return theirs
    if same(base, theirs):
        return ours
    if isinstance(ours, dict) and isinstance(theirs, dict):
        known = base if isinstance(base, dict) else {}
        merged = {}
        for name in dict.fromkeys([*theirs, *ours]):
            was, here, there = (one.get(name, MISSING) for one in (known, ours, theirs))
            found = _merged(was, here, there, under(place, name), conflicts)
            if found is not MISSING:
                merged[name] = found
        return merged
    conflicts.append(place)
    return theirs
