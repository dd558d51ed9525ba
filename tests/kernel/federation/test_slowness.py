"""A resolver that takes long is told by its field, where somebody has asked for it."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from graphql import build_schema

from kernel.federation.execution import Endpoint
from kernel.federation.limits import Limits
from kernel.federation.requests import GraphQLRequest
from kernel.tenancy.context import acting_as
from tests.kernel.federation.asking import principal

LIMITS = Limits(tokens=1_000, depth=12, aliases=15, directives=50, cost=5_000)
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.mark.parametrize(("after", "fields"), [(1e-6, ["Query.secret"]), (60, []), (0, [])])
def test_a_slow_resolver_is_told_by_its_field_and_not_by_what_it_gave(
    caplog: pytest.LogCaptureFixture, settings: Any, after: float, fields: list[str]
) -> None:
    settings.LOG_SLOW_RESOLVERS = timedelta(seconds=after)
    schema = build_schema("type Query { secret(of: String): String }")
    schema.query_type.fields["secret"].resolve = lambda *_, of: min(of * 1000)  # type: ignore[union-attr]  # it has one

    with caplog.at_level(logging.WARNING, "septet.resolver"), acting_as(principal()):
        asked = GraphQLRequest('{ secret(of: "Ada") }', {}, None)
        answer = Endpoint(schema, LIMITS, compiles=False).answer(asked)

    assert answer.body["data"] == {"secret": "A"}
    assert [vars(record)["field"] for record in caplog.records] == fields
    assert "Ada" not in caplog.text
