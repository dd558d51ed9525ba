"""What is otherwise in one version of a template than in another."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from apps.documents.domain.findings import under

#: Lists that are longer are compared item by item in their places.
_MOST_ALIGNED = 1_000


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


#: In the place of a value that is not there; null is one.
MISSING: Any = _Missing()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place with what was there and what is; MISSING stands for nothing.

    The place is a JSON pointer into what is, or for something that is gone into what was.
    """

    place: str
    before: Any
    after: Any


def differences(before: Any, after: Any, place: str = "") -> Iterator[Difference]:
    """Yield what differs: objects member by member, lists with what was put in and taken out."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            here = before.get(name, MISSING), after.get(name, MISSING)
            yield from differences(*here, under(place, name))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, place)
    elif _written(before) != _written(after):
        yield Difference(place, before, after)


def _of_lists(before: list[Any], after: list[Any], place: str) -> Iterator[Difference]:
    steps: Iterable[tuple[str, int, int, int, int]]
    steps = [("replace", 0, len(before), 0, len(after))]
    if max(len(before), len(after)) <= _MOST_ALIGNED:
        old, new = list(map(_written, before)), list(map(_written, after))
        steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for verb, first, last, start, end in steps:
        if verb == "equal":
            continue
        pairs = zip_longest(range(first, last), range(start, end))
        for was, now in pairs:
            if was is None:
                yield Difference(under(place, now), MISSING, after[now])
            elif now is None:
                yield Difference(under(place, was), before[was], MISSING)
            elif _kind(before[was]) == _kind(after[now]):
                yield from differences(before[was], after[now], under(place, now))
            else:
                yield Difference(under(place, now), before[was], after[now])


def _written(value: Any) -> str:
    """Return a value as it is written: `1`, `1.0` and `true` are three."""
    return "" if value is MISSING else json.dumps(value, sort_keys=True)


def _kind(value: Any) -> Any:
    return value.get("type") if isinstance(value, dict) else type(value)
