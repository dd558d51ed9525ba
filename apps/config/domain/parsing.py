"""From JSON text to a definition: what no definition may be is refused before it is looked at."""

import json
from collections import Counter
from typing import Any, NoReturn

from apps.config.domain.findings import Finding, InvalidDefinitionError
from apps.config.domain.garbage import without_collection
from apps.config.domain.limits import DEFAULT, Limits


def parse(source: bytes | str, limits: Limits = DEFAULT) -> dict[str, Any]:
    """Read one JSON object; `1.0` stays a float, a key that comes twice is an error."""
    definition = read(source, limits)
    if not isinstance(definition, dict):
        _refuse("type", "a definition is an object")
    return definition


def read(source: bytes | str, limits: Limits = DEFAULT) -> Any:
    """Read one JSON value in the same way; raises InvalidDefinitionError."""
    size = len(source.encode(errors="replace") if isinstance(source, str) else source)
    if size > limits.definition_bytes:
        _refuse("size", f"{size} bytes; at most {limits.definition_bytes}")
    try:
        with without_collection():
            return json.loads(source, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        _refuse("depth", "nested too deeply")
    except ValueError as error:
        _refuse("json", str(error))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {twice!r} comes twice in one object")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _refuse(code: str, message: str) -> NoReturn:
    raise InvalidDefinitionError([Finding("", code, message)])
