"""What single fields show of a row, or of a value in a JSON column."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import graphene
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from graphql import GraphQLField, GraphQLNonNull, is_leaf_type

from kernel.federation.plans import ImperfectError, Reader

#: Which columns orjson writes just as the executor's scalar does.
_NATIVE: dict[str, type[models.Field[Any, Any]] | tuple[type[models.Field[Any, Any]], ...]] = {
    "ID": models.UUIDField,
    "String": (models.CharField, models.TextField),
    "Boolean": models.BooleanField,
    "DateTime": models.DateTimeField,
}


class NotCompilableError(Exception):
    """The operation holds something that only the executor can answer."""


def plain_name(definition: GraphQLField) -> str:
    """Return the name in Python of a field that shows an attribute as it is."""
    told = definition.extensions
    spec, name = told["field"], told["name"]
    written = spec.resolver or getattr(told["part"], f"resolve_{name}", None)
    if type(spec) is not graphene.Field or (written and not getattr(written, "plain", False)):
        raise NotCompilableError
    return str(name)


def column_of(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    """Return the column of this name; raises NotCompilableError when there is none."""
    try:
        column = model._meta.get_field(name)
    except FieldDoesNotExist:
        raise NotCompilableError from None
    if not isinstance(column, models.Field):
        raise NotCompilableError
    return column


def leaf_reader(place: int, column: models.Field[Any, Any], type_: Any) -> Reader:
    """Return what reads the column at this place of a row; raises NotCompilableError."""
    nullable = not isinstance(type_, GraphQLNonNull)
    leaf = type_ if nullable else type_.of_type
    if not is_leaf_type(leaf) or (column.null and not nullable):
        raise NotCompilableError
    native = _NATIVE.get(leaf.name)
    if native and isinstance(column, native):
        return itemgetter(place)
    serialize = serialized(leaf.serialize)
    return lambda row: serialize(row[place])


def serialized(serialize: Callable[[Any], Any]) -> Reader:
    """Return what shows a value as its scalar does, and null as null."""
    return lambda value: None if value is None else serialize(value)


def never_null(read: Reader) -> Reader:
    """Return the reader, which gives up at a null."""

    def checked(value: Any) -> Any:
        found = read(value)
        if found is None:
            raise ImperfectError("null where none may be")
        return found

    return checked


def each(read: Reader) -> Reader:
    """Return what reads each item of a list."""

    def read_each(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, list):
            raise ImperfectError("a list was expected")
        return [read(one) for one in value]

    return read_each


def constant(value: Any) -> Reader:
    """Return what shows the same of every row."""
    return lambda _row: value
