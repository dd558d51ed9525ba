"""Scalars of our own."""

from typing import Any

import graphene
from graphql import GraphQLError, value_from_ast_untyped

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
