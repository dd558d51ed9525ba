"""From an event to the values of JSON and back."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from contracts.event import Event

E = TypeVar("E", bound=Event)


class MalformedEventError(ValueError):
    """Data that is not of the event's type; the message names the field."""


def to_data(event: Event) -> dict[str, Any]:
    """Return the fields of an event as JSON knows them."""
    return {field.name: _plain(getattr(event, field.name)) for field, _ in field_types(type(event))}


def from_data(cls: type[E], data: Mapping[str, Any]) -> E:
    """Read an event; raises MalformedEventError.

    A field that is not known here was added by a later release, and is passed over.
    """
    # mypy takes the `__hash__` of a frozen dataclass for that of the class itself.
    hashable: Any = cls
    names, hints = _names_and_hints(hashable)
    # Most events are as they were written here, with texts and numbers only.
    if [*data] == names and [*map(type, data.values())] == hints:
        return cls(**data)
    found: dict[str, Any] = {}
    for field, hint in field_types(cls):
        if field.name in data:
            found[field.name] = _read(cls, field.name, hint, data[field.name])
        elif is_required(field):
            raise MalformedEventError(f"{cls.TYPE}: {field.name} is missing")
    return cls(**found)


def field_types(cls: type[Event]) -> tuple[tuple[Field[Any], Any], ...]:
    """Return the fields of an event class with their types."""
    # mypy takes the `__hash__` of a frozen dataclass for that of the class itself.
    hashable: Any = cls
    return _field_types(hashable)


def is_required(field: Field[Any]) -> bool:
    """Say whether an event cannot be without this field."""
    return field.default is MISSING and field.default_factory is MISSING


@cache
def _field_types(cls: type[Any]) -> tuple[tuple[Field[Any], Any], ...]:
    hints = get_type_hints(cls)
    return tuple((field, hints[field.name]) for field in fields(cls))


@cache
def _names_and_hints(cls: Any) -> tuple[list[str], list[Any]]:
    return [field.name for field, _ in _field_types(cls)], [hint for _, hint in _field_types(cls)]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _read(cls: type[Event], name: str, hint: Any, value: Any) -> Any:
    try:
        return _as(hint, value)
    except (TypeError, ValueError):
        raise MalformedEventError(f"{cls.TYPE}: {name} is {value!r}"[:300]) from None


def _as(hint: Any, value: Any) -> Any:
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        if value is None:
            return None
        (hint,) = (one for one in get_args(hint) if one is not NoneType)
        return _as(hint, value)
    if origin is tuple:
        if not isinstance(value, list):
            raise TypeError
        return tuple(_as(get_args(hint)[0], one) for one in value)
    if origin is Literal:
        if value not in get_args(hint):
            raise ValueError
        return value
    if hint is datetime:
        return datetime.fromisoformat(value)
    # A bool is an int to Python, and none to JSON.
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise TypeError
    return value
