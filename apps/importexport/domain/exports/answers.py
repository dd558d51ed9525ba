"""Rows made of what the graph answers: objects made flat, and their values held to one kind."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from contracts.datasets import Field, Kind, Row

_DEEPEST: Final = 8
MOST_COLUMNS: Final = 500


class AnswerError(ValueError):
    """What was answered cannot be written as rows of one form."""


def flat(node: Any) -> Row:
    """Return the values of an object by their paths, `a.b`; a list is one value."""
    if not isinstance(node, dict):
        raise AnswerError("the connection has something else than objects")
    found: Row = {}
    _flatten(node, "", found, _DEEPEST)
    return found


def fields_of(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> tuple[Field, ...]:
    """Return the fields of rows, of all columns if none is named, by the values of the first."""
    kinds: dict[str, Kind] = {}
    for row in rows:
        for name, value in row.items():
            if value is not None:
                kinds.setdefault(name, _kind(value))
            elif name not in kinds:
                kinds.setdefault(name, Kind.TEXT)
    names = list(columns) or list(kinds)
    if len(names) > MOST_COLUMNS:
        raise AnswerError(f"an export has at most {MOST_COLUMNS} columns, found {len(names)}")
    return tuple(Field(name=name, kind=kinds.get(name, Kind.TEXT)) for name in names)


def fitted(row: Mapping[str, Any], fields: Sequence[Field]) -> Row:
    """Return the values of a row as its fields have them; raises AnswerError for one of another."""
    return {one.name: _fitted(one, row.get(one.name)) for one in fields}


def _flatten(node: Mapping[str, Any], before: str, found: Row, left: int) -> None:
    for name, value in node.items():
        path = f"{before}{name}"
        if isinstance(value, dict) and value and left:
            _flatten(value, f"{path}.", found, left - 1)
        else:
            found[path] = value


def _kind(value: Any) -> Kind:
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, int):
        return Kind.INTEGER
    if isinstance(value, float):
        return Kind.DECIMAL
    return Kind.JSON if isinstance(value, list | dict) else Kind.TEXT


def _fitted(field: Field, value: Any) -> Any:
    if value is None or field.kind == Kind.JSON:
        return value
    if field.kind == Kind.TEXT:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if field.kind == Kind.DECIMAL and isinstance(value, int | float) and value is not True:
        return str(value)
    if _kind(value) != field.kind:
        raise AnswerError(
            f"{field.name} is a {field.kind} in some rows, and {value!r:.40} in others"
        )
    return value
