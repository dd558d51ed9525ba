"""Scalars of our own."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import graphene
from graphql import GraphQLError, GraphQLScalarType, GraphQLSchema, value_from_ast_untyped

#: The deepest nesting of a JSON value that is accepted.
MAX_JSON_DEPTH = 16


class JSON(graphene.Scalar):
    """Any JSON value, sent and received as itself rather than as text."""

    @staticmethod
    def serialize(value: Any) -> Any:
        return value

    @staticmethod
    def parse_value(value: Any) -> Any:
        if _depth(value) > MAX_JSON_DEPTH:
            raise GraphQLError(f"a JSON value nests at most {MAX_JSON_DEPTH} deep")
        return value

    @classmethod
    def parse_literal(cls, node: Any, variables: dict[str, Any] | None = None) -> Any:
        return cls.parse_value(value_from_ast_untyped(node, variables))


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def require_time_zones(schema: GraphQLSchema) -> None:
    """Have graphene's DateTime refuse moments without a time zone, and those that UTC has not.

    Compared with rows, the first would mean whatever zone the server is in; the second raises.
    """
    scalar = schema.type_map.get("DateTime")
    if isinstance(scalar, GraphQLScalarType):
        scalar.parse_value = _checked(scalar.parse_value)  # type: ignore[method-assign]
        scalar.parse_literal = _checked(scalar.parse_literal)  # type: ignore[method-assign]


def _checked(parse: Callable[..., datetime]) -> Callable[..., datetime]:
    def parse_checked(*value: Any) -> datetime:
        moment = parse(*value)
        if moment.tzinfo is None:
            raise GraphQLError("DateTime has a time zone, such as 2026-05-01T12:00:00Z")
        try:
            moment.astimezone(UTC)
        except OverflowError:
            raise GraphQLError("DateTime lies between the years 1 and 9999 of UTC") from None
        return moment

    return parse_checked
