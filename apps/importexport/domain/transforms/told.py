"""Transforms as JSON, so that they can be stored with a mapping and told by people's programs."""

import dataclasses
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, get_origin

from apps.importexport.domain.problems import PlanError
from apps.importexport.domain.transforms.dates import ParseDate
from apps.importexport.domain.transforms.expressions import Expression
from apps.importexport.domain.transforms.numbers import ParseBoolean, ParseNumber
from apps.importexport.domain.transforms.tables import MOST_ENTRIES, Lookup
from apps.importexport.domain.transforms.texts import (
    Affix,
    Case,
    Collapse,
    Default,
    Join,
    Replace,
    Split,
    Trim,
)
from apps.importexport.domain.transforms.transform import PARAMETER_LENGTH, Transform

#: Of one column.
MOST_TRANSFORMS = 20
_MOST_LISTED = 100

TRANSFORMS: Mapping[str, type[Transform]] = {
    one.NAME: one
    for one in (
        Trim,
        Collapse,
        Case,
        Replace,
        Affix,
        Split,
        Default,
        Join,
        ParseNumber,
        ParseBoolean,
        ParseDate,
        Lookup,
        Expression,
    )
}


def told(transform: Transform) -> dict[str, Any]:
    """Return a transform as JSON: its name, and what it was declared with."""
    return {"name": transform.NAME} | {
        one.name: getattr(transform, one.name) for one in dataclasses.fields(transform) if one.init
    }


def transform_of(given: Any) -> Transform:
    """Return what `told` made of one; raises PlanError for anything else."""
    if not isinstance(given, Mapping) or not isinstance(given.get("name"), str):
        raise PlanError("a transform is an object with a name")
    kind = TRANSFORMS.get(given["name"])
    if kind is None:
        raise PlanError(f"no transform {given['name'][:40]!r}; there are {', '.join(TRANSFORMS)}")
    types = {field.name: field.type for field in dataclasses.fields(kind) if field.init}
    parameters = {name: value for name, value in given.items() if name != "name"}
    if unknown := parameters.keys() - types.keys():
        raise PlanError(f"{kind.NAME} takes no {min(unknown)[:40]!r}")
    try:
        return kind(**{name: _read(types[name], one) for name, one in parameters.items()})
    except TypeError as error:
        raise PlanError(f"{kind.NAME}: {error}") from None


def transforms_of(given: Any) -> tuple[Transform, ...]:
    """Return the transforms of a column."""
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) > MOST_TRANSFORMS:
        raise PlanError(f"a column has a list of at most {MOST_TRANSFORMS} transforms")
    return tuple(map(transform_of, given))


def _read(wanted: Any, value: Any) -> Any:
    """Return a value of JSON as the type of a parameter."""
    if (
        get_origin(wanted) is tuple
        and isinstance(value, list | tuple)
        and len(value) <= _MOST_LISTED
    ):
        return tuple(_text(one) for one in value)
    if get_origin(wanted) is dict and isinstance(value, Mapping) and len(value) <= MOST_ENTRIES:
        return {_text(key): _text(one) for key, one in value.items()}
    if wanted is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        if value in list(wanted):
            return wanted(value)
        raise PlanError(f"one of {', '.join(wanted)} is expected, found {str(value)[:40]!r}")
    if wanted is str:
        return _text(value)
    raise PlanError(f"{str(value)[:40]!r} is of another type than expected")


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > PARAMETER_LENGTH:
        raise PlanError(f"a text of at most {PARAMETER_LENGTH} characters is expected")
    return value
