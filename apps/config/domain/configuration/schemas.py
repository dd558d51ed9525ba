"""JSON Schemas (2020-12) that values are held to, bounded before they are compiled.

What one refers to is within it and not itself: checking takes no more than its size, written out,
for each value. Patterns are matched by an engine that takes linear time and knows no lookaround.
"""

from typing import Any, TypeAlias

import jsonschema_rs

from apps.config.domain.configuration.values import refuse
from apps.config.domain.findings import Finding, InvalidDefinitionError, under
from apps.config.domain.limits import Limits
from apps.config.domain.parsing import read

Validator: TypeAlias = jsonschema_rs.Draft202012Validator

DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: Of a schema; its nodes are counted with each reference written out.
LIMITS = Limits(definition_bytes=32_000, depth=32, nodes=5_000)
#: What a pattern may be as a program, and the tables it may use while it runs.
MOST_PATTERN_BYTES = 1_000_000
MOST_MESSAGE = 300
#: Findings that are told of one value.
MOST_FINDINGS = 20
#: These lead elsewhere, or to what is not said before there is a value.
_REFUSED = frozenset(
    ("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$vocabulary")
)


def parse_schema(text: str) -> Validator:
    """Return what checks values by a schema; raises InvalidDefinitionError with the place."""
    schema = read(text, LIMITS)
    if not isinstance(schema, dict):
        refuse("", "type", "a schema is an object")
    if schema.get("$schema", DIALECT) != DIALECT:
        refuse("/$schema", "dialect", f"$schema is {DIALECT}, or left out")
    _Extent(schema).of(schema, "", 0)
    patterns = jsonschema_rs.RegexOptions(
        size_limit=MOST_PATTERN_BYTES, dfa_size_limit=MOST_PATTERN_BYTES
    )
    try:
        return Validator(schema, pattern_options=patterns, retriever=_nothing_elsewhere)
    except jsonschema_rs.ValidationError as error:
        refuse(_place(error.instance_path), "schema", error.message[:MOST_MESSAGE])
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        refuse("", "schema", f"no JSON Schema: {str(error).splitlines()[0]}"[:MOST_MESSAGE])


def check_schema(validator: Validator, value: Any, *, secret: bool = False) -> None:
    """Raise InvalidDefinitionError with the first places at which a value does not fit.

    Of a secret the finding names the keyword, and nothing of the value.
    """
    findings = []
    for error in validator.iter_errors(value):
        keyword = str(error.schema_path[-1]) if error.schema_path else "schema"
        message = f"does not fit `{keyword}`" if secret else error.message[:MOST_MESSAGE]
        place = "" if secret else _place(error.instance_path)
        findings.append(Finding(place, "schema", message))
        if len(findings) == MOST_FINDINGS:
            break
    if findings:
        raise InvalidDefinitionError(findings)


class _Extent:
    """How large a schema is when what it refers to is written out in each place."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._known: dict[str, int] = {}
        self._open: set[str] = set()

    def of(self, value: Any, place: str, depth: int) -> int:
        """Return the number of values; raises InvalidDefinitionError beyond a limit."""
        if depth > LIMITS.depth:
            refuse(place[:MOST_MESSAGE], "depth", f"a schema nests at most {LIMITS.depth} deep")
        size = 1
        if isinstance(value, dict):
            if refused := _REFUSED & value.keys():
                refuse(place, "reference", f"{min(refused)} is not taken; refer by `$ref` to `#/…`")
            if isinstance(value.get("$ref"), str):
                size += self._of_reference(value["$ref"], under(place, "$ref"), depth)
            size += sum(self.of(one, under(place, name), depth + 1) for name, one in value.items())
        elif isinstance(value, list):
            size += sum(self.of(one, under(place, at), depth + 1) for at, one in enumerate(value))
        if size > LIMITS.nodes:
            refuse(
                place,
                "size",
                f"with its references written out a schema has at most {LIMITS.nodes} values",
            )
        return size

    def _of_reference(self, reference: str, place: str, depth: int) -> int:
        if reference in self._open:
            refuse(place, "reference", f"{reference[:100]!r} refers to itself")
        if reference not in self._known:
            self._open.add(reference)
            self._known[reference] = self.of(self._target(reference, place), place, depth + 1)
            self._open.remove(reference)
        return self._known[reference]

    def _target(self, reference: str, place: str) -> Any:
        if not reference.startswith("#/"):
            refuse(place, "reference", f"$ref leads to `#/…`, found {reference[:100]!r}")
        found: Any = self._root
        try:
            for part in reference[2:].split("/"):
                name = part.replace("~1", "/").replace("~0", "~")
                found = found[int(name)] if isinstance(found, list) else found[name]
        except (KeyError, IndexError, TypeError, ValueError):
            refuse(place, "reference", f"$ref leads nowhere: {reference[:100]!r}")
        return found


def _place(path: list[str | int]) -> str:
    return under("", *path)[:MOST_MESSAGE]


def _nothing_elsewhere(uri: str) -> Any:
    raise ValueError(f"{uri} is not within the schema")
