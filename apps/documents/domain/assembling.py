"""A template, with the partials that it includes of those that all share, and with a theme."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from apps.documents.domain.findings import Finding, InvalidTemplateError
from apps.documents.domain.limits import DEFAULT

Json = dict[str, Any]


def included(value: Any) -> Iterator[str]:
    """Yield the partials that blocks anywhere in a value include, some perhaps twice."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            name = one.get("partial")
            if one.get("type") == "include" and isinstance(name, str):
                yield name
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def assemble(body: Json, shared: Mapping[str, Any], theme: Mapping[str, Any]) -> Json:
    """Return a template that needs nothing beside itself.

    Its own partials come before shared ones of their names, and what it says of its theme before
    the theme. Raises InvalidTemplateError where partials include each other in a circle.
    """
    own = body.get("partials", {})
    if not isinstance(own, dict):
        return body
    needed: dict[str, Any] = {}
    wanted = [name for name in included(body) if name not in own]
    for name in dict.fromkeys(wanted):
        _collect(name, shared, needed, ())
    made = dict(body)
    if needed:
        made["partials"] = {**needed, **own}
    said = body.get("theme", {})
    if isinstance(said, dict) and (theme or said):
        made["theme"] = {**theme, **said}
    return made


def _collect(
    name: str, shared: Mapping[str, Any], needed: dict[str, Any], above: tuple[str, ...]
) -> None:
    """Add a partial after those that it includes: one includes only what is before it."""
    if name in above:
        way = " includes ".join(repr(one) for one in (*above[above.index(name) :], name))
        raise InvalidTemplateError([Finding("/partials", "partial", f"a circle: {way}")])
    if len(above) > DEFAULT.depth:
        message = f"partials include one another at most {DEFAULT.depth} deep"
        raise InvalidTemplateError([Finding("/partials", "depth", message)])
    if name in needed or name not in shared:
        return
    for inner in dict.fromkeys(included(shared[name])):
        _collect(inner, shared, needed, (*above, name))
    needed[name] = shared[name]


def told(value: Any) -> str:
    """Return JSON as it is kept: with its keys in their order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
