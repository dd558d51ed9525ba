"""Rows as they are sent: known fields with values of their kinds, and nobody writes blindly."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from contracts.datasets import Dataset, Done, Field, Kind, Mode, Row, RowResult
from kernel.datasets.registry import Key
from kernel.errors import ForbiddenError, InvalidInputError
from kernel.ids import canonical_id
from kernel.tenancy.context import Principal

#: What stands where a value takes a scope that whoever reads does not have.
MASKED = "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A row that can mean something: its key, and the fields that are to be written."""

    key: Key
    row: Row


class RowRefusedError(Exception):
    """A row that means nothing; `result` says why."""

    def __init__(self, message: str, *, column: str = "", code: str = InvalidInputError.code):
        super().__init__(message)
        self.result = RowResult(done=Done.REFUSED, code=code, message=message, column=column)


def sent(dataset: Dataset, mode: Mode, row: Any, principal: Principal) -> Sent:
    """Return a row as it is to be written; raises RowRefusedError.

    What is null is left as it is, but a text is emptied. What its owner makes is left out, and so
    is what was masked to whoever sends it back.
    """
    if not isinstance(row, dict):
        raise RowRefusedError(f"a row is an object, found {type(row).__name__}")
    found: Row = {}
    for name, given in row.items():
        field = dataset.field(name)
        if field is None:
            raise RowRefusedError(f"{dataset.name} has no field {name[:60]!r}", column=name[:60])
        if mode is Mode.DELETE and name not in dataset.key:
            continue
        value = "" if given is None and field.kind is Kind.TEXT else given
        if value is None or (field.read_only and name not in dataset.key):
            continue
        if field.masked_without and not principal.may(field.masked_without):
            _refuse_blind(field, value)
            continue
        _check(field, value)
        found[name] = value
    for name in dataset.key:
        if found.get(name, "") == "":
            raise RowRefusedError(f"{name} is missing: it tells which row is meant", column=name)
    return Sent(key=tuple(found[name] for name in dataset.key), row=found)


def missing(dataset: Dataset, row: Row) -> RowRefusedError | None:
    """Return why a row cannot be made: it lacks what every row has."""
    for field in dataset.fields:
        if field.required and not field.read_only and row.get(field.name, "") == "":
            return RowRefusedError(f"{field.name} is needed", column=field.name)
    return None


def parsed(field: Field, given: Any) -> Any:
    """Return a value of a filter, which comes as text in an address; raises InvalidInputError."""
    value = given
    if isinstance(given, str):
        if field.kind is Kind.BOOLEAN:
            value = {"true": True, "false": False}.get(given, given)
        elif field.kind is Kind.INTEGER and given.removeprefix("-").isdecimal():
            value = int(given[:20])
    try:
        _check(field, value)
    except RowRefusedError as error:
        raise InvalidInputError(f"the filter by {error}") from None
    return value


def is_moment(text: Any) -> bool:
    """Say whether this is a date with a time and a zone, as ISO 8601 writes it."""
    return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None


def _refuse_blind(field: Field, value: Any) -> None:
    if value != MASKED:
        # It would tell what is there: whether that is the same.
        message = f"{field.name} takes the scope {field.masked_without}"
        raise RowRefusedError(message, column=field.name, code=ForbiddenError.code)


def is_of(field: Field, value: Any) -> bool:
    """Say whether a value is of a field's kind."""
    try:
        return _FITS[field.kind](value)
    except (ValueError, TypeError, ArithmeticError, InvalidInputError, RecursionError):
        return False


def _check(field: Field, value: Any) -> None:
    if not is_of(field, value):
        message = f"{field.name} is a value of the kind {field.kind}, found {str(value)[:60]!r}"
        raise RowRefusedError(message, column=field.name)
    if isinstance(value, str) and len(value) > (field.max_length or len(value)):
        message = f"{field.name} has at most {field.max_length} characters, found {len(value)}"
        raise RowRefusedError(message, column=field.name)
    if field.choices and value not in field.choices:
        message = f"{field.name} is one of {', '.join(field.choices)}, found {str(value)[:60]!r}"
        raise RowRefusedError(message, column=field.name)


def _is_text(value: Any) -> bool:
    # Half of a surrogate pair is no character, and no database stores a NUL.
    return isinstance(value, str) and "\0" not in value and bool(value.encode() or True)


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return Decimal(value).is_finite()
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _is_json(value: Any) -> bool:
    return bool(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())


_FITS: dict[Kind, Callable[[Any], bool]] = {
    Kind.TEXT: _is_text,
    Kind.INTEGER: lambda value: isinstance(value, int) and not isinstance(value, bool),
    Kind.DECIMAL: _is_number,
    Kind.BOOLEAN: lambda value: isinstance(value, bool),
    Kind.DATE: lambda value: isinstance(value, str) and bool(date.fromisoformat(value)),
    Kind.DATETIME: is_moment,
    Kind.UUID: lambda value: canonical_id(value) == value,
    Kind.JSON: _is_json,
}
