"""The JSON Schema of an event's data, and whether a new one may take the place of an old."""

import inspect
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from contracts.codec import field_types, is_required
from contracts.envelope import schema_id
from contracts.event import Event

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
}


def schema_of(cls: type[Event]) -> dict[str, Any]:
    """Return the schema of an event class; raises TypeError for a field that JSON cannot hold."""
    found = field_types(cls)
    return {
        "$schema": _DRAFT,
        "$id": schema_id(cls.TYPE),
        "title": cls.__name__,
        "description": inspect.cleandoc(cls.__doc__ or ""),
        "type": "object",
        "properties": {field.name: _of(cls, field.name, hint) for field, hint in found},
        "required": [field.name for field, _ in found if is_required(field)],
        # A later release may add fields; who reads passes them over.
        "additionalProperties": True,
    }


def incompatibilities(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return why `new` cannot take the place of `old`; nothing when fields were only added.

    Readers and stored events of both releases live side by side: what was there stays as it was,
    and what is new may be missing.
    """
    was, now = old["properties"], new["properties"]
    return [
        *(f"{name} was removed" for name in was if name not in now),
        *(
            f"{name} was {was[name]} and is {now[name]}"
            for name in was
            if name in now and was[name] != now[name]
        ),
        *(
            f"{name} is new and has no default"
            for name in now
            if name not in was and name in new["required"]
        ),
        *(
            f"{name} was {_word(name, old)} and is {_word(name, new)}"
            for name in was
            if name in now and (name in old["required"]) != (name in new["required"])
        ),
    ]


def _word(name: str, schema: dict[str, Any]) -> str:
    return "required" if name in schema["required"] else "optional"


def _of(cls: type[Event], name: str, hint: Any) -> dict[str, Any]:
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(inside)}
    if origin is tuple and len(inside) == 2 and inside[1] is Ellipsis:
        return {"type": "array", "items": _of(cls, name, inside[0])}
    if origin in {Union, UnionType} and len(inside) == 2 and NoneType in inside:
        (other,) = (one for one in inside if one is not NoneType)
        return {"anyOf": [_of(cls, name, other), {"type": "null"}]}
    raise TypeError(f"{cls.__name__}.{name}: an event holds no {hint}")
