"""What is another in one JSON value than in the other, place by place, for people to read."""

import json
from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import Any, NamedTuple

#: Places that are told; of more it is said that there are more.
MOST_TOLD = 200
#: Characters of a value that are told.
MOST_VALUE = 500
_NOTHING = object()


class Difference(NamedTuple):
    """A place, and what stands there before and after; empty where nothing does."""

    place: str
    before: str
    after: str


def differences(name: str, before: Any, after: Any) -> list[Difference]:
    """Return the places that differ, by their path; the first 200, and then a row that says so."""
    found = list(islice(_between(name, before, after), MOST_TOLD + 1))
    if len(found) > MOST_TOLD:
        found[MOST_TOLD:] = [Difference("…", "", "and more")]
    return found or [Difference(name, _told(before), _told(after))]


def _between(place: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            yield from _between(
                f"{place}.{name}", before.get(name, _NOTHING), after.get(name, _NOTHING)
            )
    elif isinstance(before, list) and isinstance(after, list):
        for index, (one, other) in enumerate(zip_longest(before, after, fillvalue=_NOTHING)):
            yield from _between(f"{place}[{index}]", one, other)
    elif isinstance(before, bool) != isinstance(after, bool) or before != after:
        yield Difference(place, _told(before), _told(after))


def _told(value: Any) -> str:
    if value is _NOTHING:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # A text that reads like a number or like nothing is told with its quotes.
    if isinstance(value, str) and (not text.strip() or text != text.strip() or _json(text)):
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_VALUE else f"{text[:MOST_VALUE]}…"


def _json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
