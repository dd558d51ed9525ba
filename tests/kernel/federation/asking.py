"""Asks schemas that tests make, as somebody with a credential or without one."""

import uuid
from typing import Any

import orjson
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql import GraphQLSchema

from kernel.federation.execution import Endpoint
from kernel.federation.limits import Limits
from kernel.federation.requests import GraphQLRequest
from kernel.tenancy.context import ALL_SCOPES, Principal, acting_as

LIMITS = Limits(tokens=50_000, depth=12, aliases=15, directives=50, cost=1_000_000)
NOBODY: tuple[str, ...] = ("nobody",)
#: Set by the fixture `both_ways`.
COMPILES = True
ENTITIES = "query ($of: [_Any!]!) {{ _entities(representations: $of) {{ __typename {} }} }}"


def principal(*scopes: str) -> Principal:
    """Return somebody with these scopes, or with all of them when none is named."""
    return Principal(
        kind="key",
        id="test",
        name="test",
        tenant_id=uuid.UUID(int=1),
        scopes=frozenset(scopes or {ALL_SCOPES}),
    )


def ask(
    schema: GraphQLSchema, query: str, *, scopes: tuple[str, ...] = (), **variables: Any
) -> dict[str, Any]:
    """Return the answer to an operation, without the HTTP around it."""
    who = None if scopes == NOBODY else principal(*scopes)
    with acting_as(who):
        endpoint = Endpoint(schema, LIMITS, compiles=COMPILES)
        answer = endpoint.answer(GraphQLRequest(query, variables, None))
    # As a client reads it.
    body: dict[str, Any] = orjson.loads(orjson.dumps(answer.body, default=str))
    return body


def fetch(
    schema: GraphQLSchema, representations: list[Any], fields: str = "", **options: Any
) -> dict[str, Any]:
    """Return the answer to a gateway's question for entities."""
    return ask(schema, ENTITIES.format(fields), of=representations, **options)


def failures(body: dict[str, Any]) -> list[tuple[list[str | int], str]]:
    """Return the place and the code of every error, by place."""
    return sorted(
        (error.get("path", []), error["extensions"]["code"]) for error in body.get("errors", ())
    )


class Queries(CaptureQueriesContext):
    """Counts the SQL queries of a block."""

    def __init__(self) -> None:
        super().__init__(connection)
