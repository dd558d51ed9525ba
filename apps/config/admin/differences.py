"""Two definitions side by side, line by line."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

#: Lines of a definition that are compared; more would take seconds.
MOST_LINES = 3_000
#: Lines around a change that are shown.
AROUND = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One line of both: what was, what is, and `same`, `changed` or `gap`."""

    kind: str
    before: str | None = None
    after: str | None = None
    before_number: int | None = None
    after_number: int | None = None


def side_by_side(before: str, after: str) -> SafeString:
    """Return a table of both; what is alike far from any change is left out."""
    old, new = _lines(before), _lines(after)
    cut = max(len(old), len(new)) > MOST_LINES
    context = {
        "lines": list(_compared(old[:MOST_LINES], new[:MOST_LINES])),
        "same": before == after,
        "cut": MOST_LINES if cut else 0,
    }
    return render_to_string("config/side_by_side.html", context)


def _lines(definition: str) -> list[str]:
    """Return a definition on lines of its own, its numbers as they are written."""
    if not definition:
        return []
    # A text for a number keeps 1.0 apart from 1.
    parsed = json.loads(definition, parse_float=_Written, parse_int=_Written)
    return _pretty(parsed, "").split("\n")


class _Written(str):
    """A number as it is written."""

    __slots__ = ()


def _pretty(value: object, indent: str) -> str:
    inner = indent + "  "
    if isinstance(value, _Written):
        return value
    if isinstance(value, dict) and value:
        lines = [
            f"{inner}{json.dumps(k, ensure_ascii=False)}: {_pretty(v, inner)}"
            for k, v in value.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        return "[\n" + ",\n".join(inner + _pretty(one, inner) for one in value) + f"\n{indent}]"
    if isinstance(value, list):
        return "[" + ", ".join(_pretty(one, "") for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _compared(old: list[str], new: list[str]) -> Iterator[Line]:
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    for index, group in enumerate(matcher.get_grouped_opcodes(AROUND)):
        if index or group[0][1] > 0:
            yield Line("gap")
        for tag, a, a_end, b, b_end in group:
            for step in range(max(a_end - a, b_end - b)):
                was = a + step if a + step < a_end else None
                now = b + step if b + step < b_end else None
                yield Line(
                    "same" if tag == "equal" else "changed",
                    None if was is None else old[was],
                    None if now is None else new[now],
                    None if was is None else was + 1,
                    None if now is None else now + 1,
                )
