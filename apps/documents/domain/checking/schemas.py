"""The JSON Schema (2020-12) of a template's data: what fits it, and what it says of a field."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import jsonschema_rs

from apps.documents.domain.findings import Finding, InvalidTemplateError, under

Validator: TypeAlias = jsonschema_rs.Draft202012Validator

MOST_BYTES = 200_000
_MOST_NODES = 5_000
_MOST_DEPTH = 32
_MOST_FINDINGS = 50
_PATTERN_BYTES = 1_000_000
_REFUSED = frozenset(("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary"))


def parse_schema(schema: Any) -> Validator:
    """Return what checks data; raises InvalidTemplateError.

    References lead to its own `#/$defs`.
    """
    problem = _problem(schema)
    if problem:
        raise InvalidTemplateError([Finding("", "schema", problem)])
    patterns = jsonschema_rs.RegexOptions(size_limit=_PATTERN_BYTES, dfa_size_limit=_PATTERN_BYTES)
    try:
        return Validator(schema, pattern_options=patterns, retriever=_nothing_elsewhere)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        message = f"no JSON Schema: {str(error).splitlines()[0]}"[:300]
        raise InvalidTemplateError([Finding("", "schema", message)]) from error


def check_data(validator: Validator, data: Any) -> tuple[Finding, ...]:
    """Return the first places at which data does not fit; places are within the data."""
    found = []
    for error in validator.iter_errors(data):
        place = under("", *error.instance_path)[:300]
        found.append(Finding(place, "schema", error.message[:300]))
        if len(found) == _MOST_FINDINGS:
            break
    return tuple(found)


def resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a schema refers to, or itself; nothing where that is not an object."""
    for _ in range(_MOST_DEPTH):
        if not isinstance(schema, dict):
            return {}
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/$defs/"):
            return schema
        schema = root.get("$defs", {}).get(reference.removeprefix("#/$defs/"))
    return {}


def _problem(schema: Any) -> str:
    if not isinstance(schema, dict):
        return "a schema is an object"
    waiting: list[tuple[Any, int]] = [(schema, 0)]
    count = 0
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if depth > _MOST_DEPTH or count > _MOST_NODES:
            return f"a schema has at most {_MOST_NODES} values, {_MOST_DEPTH} deep"
        if isinstance(value, dict):
            if refused := _REFUSED & value.keys():
                return f"{min(refused)} is not taken"
            reference = value.get("$ref", "#/$defs/")
            if isinstance(reference, str) and not reference.startswith("#/$defs/"):
                return f"$ref leads to `#/$defs/…`, found {reference[:60]!r}"
            waiting.extend((one, depth + 1) for one in value.values())
        elif isinstance(value, list):
            waiting.extend((one, depth + 1) for one in value)
    return ""


def _nothing_elsewhere(uri: str) -> Any:
    raise ValueError(f"{uri} is not within the schema")
