"""JSON Schemas (2020-12) that tenants give for the entries of an action, and what does not fit.

Somebody else writes them, so they are bounded before they are compiled. What one refers to is
within it and not itself: checking takes no more than its size, written out, for each value. And
patterns are matched by an engine that takes linear time and knows no lookaround.
"""

import json
from dataclasses import dataclass
from typing import Any, TypeAlias

import jsonschema_rs

from apps.audit.domain.entries import Entry

Validator: TypeAlias = jsonschema_rs.Draft202012Validator

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MOST_BYTES = 32_000
MOST_DEPTH = 32
#: Values of a schema when each reference in it is written out.
MOST_NODES = 5_000
#: What a pattern may be as a program, and the tables it may use while it runs.
MOST_PATTERN_BYTES = 1_000_000
MOST_MESSAGE = 300
#: These lead elsewhere, or to what is not said before there is a value.
_REFUSED = frozenset(
    ("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$vocabulary")
)


class SchemaError(ValueError):
    """A schema that is none, or beyond a limit."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Where an entry does not fit, as a JSON Pointer, and why."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path or '/'}: {self.message}"


def compiled(schema: Any) -> Validator:
    """Return what checks entries by a schema; raises SchemaError."""
    _check_bounds(schema)
    patterns = jsonschema_rs.RegexOptions(
        size_limit=MOST_PATTERN_BYTES, dfa_size_limit=MOST_PATTERN_BYTES
    )
    try:
        return Validator(schema, pattern_options=patterns, retriever=_nothing_elsewhere)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise SchemaError(f"no JSON Schema: {str(error).splitlines()[0]}"[:MOST_MESSAGE]) from None


def violation(validator: Validator, entry: Entry) -> Violation | None:
    """Return where an entry first does not fit, or None."""
    found = next(iter(validator.iter_errors(document_of(entry))), None)
    if found is None:
        return None
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in found.instance_path)
    return Violation(
        "".join(f"/{part}" for part in parts)[:MOST_MESSAGE], found.message[:MOST_MESSAGE]
    )


def document_of(entry: Entry) -> dict[str, Any]:
    """Return an entry in the form of `CreateAuditLogInput`, with nothing left out."""
    context = entry.context
    return {
        "action": entry.action,
        "occurredAt": entry.occurred_at.isoformat(),
        "actor": {"type": entry.actor.type, "id": entry.actor.id, "name": entry.actor.name},
        "targets": [{"type": one.type, "id": one.id, "name": one.name} for one in entry.targets],
        "context": {
            "ipAddress": context.ip_address,
            "userAgent": context.user_agent,
            "location": context.location,
            "requestId": context.request_id,
        },
        "changes": [
            {"field": one.field, "before": one.before, "after": one.after} for one in entry.changes
        ],
        "metadata": entry.metadata,
    }


def _check_bounds(schema: Any) -> None:
    if not isinstance(schema, dict):
        raise SchemaError("a schema is an object")
    try:
        size = len(json.dumps(schema, ensure_ascii=False).encode())
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"no JSON: {error}") from None
    if size > MOST_BYTES:
        raise SchemaError(f"a schema has at most {MOST_BYTES} bytes, found {size}")
    if schema.get("$schema", DIALECT) != DIALECT:
        raise SchemaError(f"$schema is {DIALECT}, or left out")
    _Extent(schema).of(schema)


class _Extent:
    """How large a schema is when what it refers to is written out in each place."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._known: dict[str, int] = {}
        self._open: set[str] = set()

    def of(self, value: Any, depth: int = 0) -> int:
        """Return the number of values; raises SchemaError beyond a limit."""
        if depth > MOST_DEPTH:
            raise SchemaError(f"a schema is nested at most {MOST_DEPTH} deep")
        size = 1
        if isinstance(value, dict):
            if refused := _REFUSED & value.keys():
                raise SchemaError(f"{min(refused)} is not taken; refer by `$ref` to `#/…`")
            if isinstance(value.get("$ref"), str):
                size += self._of_reference(value["$ref"], depth)
            size += sum(self.of(one, depth + 1) for one in value.values())
        elif isinstance(value, list):
            size += sum(self.of(one, depth + 1) for one in value)
        if size > MOST_NODES:
            raise SchemaError(
                f"with its references written out a schema has at most {MOST_NODES} values"
            )
        return size

    def _of_reference(self, reference: str, depth: int) -> int:
        if reference in self._open:
            raise SchemaError(f"{reference[:100]!r} refers to itself")
        if reference not in self._known:
            self._open.add(reference)
            self._known[reference] = self.of(self._target(reference), depth + 1)
            self._open.remove(reference)
        return self._known[reference]

    def _target(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            raise SchemaError(f"$ref leads to `#/…`, found {reference[:100]!r}")
        found: Any = self._root
        try:
            for part in reference[2:].split("/"):
                name = part.replace("~1", "/").replace("~0", "~")
                found = found[int(name)] if isinstance(found, list) else found[name]
        except (KeyError, IndexError, TypeError, ValueError):
            raise SchemaError(f"$ref leads nowhere: {reference[:100]!r}") from None
        return found


def _nothing_elsewhere(uri: str) -> Any:
    raise ValueError(f"{uri} is not within the schema")
