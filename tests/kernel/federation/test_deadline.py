"""An operation that takes too long, or that nobody waits for, is stopped."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from graphql import build_schema

from kernel.federation.deadline import WATCH_SECONDS, Deadline, OutOfTime
from kernel.federation.execution import Answer, Endpoint
from kernel.federation.limits import Limits
from kernel.federation.requests import GraphQLRequest

ENDLESS = "n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
FOREVER = {
    "sqlite": f"WITH RECURSIVE {ENDLESS} SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(600)",
}
LIMITS = Limits(tokens=1_000, depth=12, aliases=15, directives=50, cost=5_000)


class Resolvers:
    """A schema whose fields do what a test wants, and count how often."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        schema: Any = build_schema(
            "type Query { sql: Int spin: Int quick: Int rows: [Row] caught: Int }"
            " type Row { a: Int } type Mutation { spin: Int quick: Int }"
        )
        for root in (schema.query_type, schema.mutation_type):
            for name, field in root.fields.items():
                field.resolve = self._resolver(name)
        self.endpoint = Endpoint(schema, LIMITS)

    def _resolver(self, name: str) -> Callable[..., Any]:
        work = getattr(self, name)

        def resolve(*_args: Any) -> Any:
            self.calls.append(name)
            return work()

        return resolve

    def sql(self) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(FOREVER[connection.vendor])
            return 1

    def caught(self) -> int:
        try:
            return self.sql()
        except OperationalError:
            return 0

    def spin(self) -> int:
        end = time.monotonic() + 2 * WATCH_SECONDS
        while time.monotonic() < end:
            pass
        return 1

    def quick(self) -> int:
        return 1

    def rows(self) -> Any:
        for _ in range(100):
            self.spin()
            yield {"a": 1}

    def ask(self, text: str, **more: Any) -> Answer:
        return self.endpoint.answer(GraphQLRequest(text, {}, None), **more)


@pytest.fixture
def resolvers(settings: Any) -> Resolvers:
    settings.GRAPHQL_TIMEOUT = timedelta(milliseconds=50)
    return Resolvers()


@pytest.mark.parametrize("field", ["sql", "caught"])
@pytest.mark.django_db
def test_a_long_statement_is_stopped(resolvers: Resolvers, field: str) -> None:
    started = time.monotonic()

    answer = resolvers.ask(f"{{ {field} quick }}")

    assert time.monotonic() - started < 5
    assert answer.body == {
        "errors": [{"message": "an operation may take 0.05 s", "extensions": {"code": "TIMEOUT"}}]
    }
    assert answer.status == 504
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db
@pytest.mark.parametrize("operation", ["query", "mutation"])
def test_no_field_is_begun_after_the_end(resolvers: Resolvers, operation: str) -> None:
    answer = resolvers.ask(f"{operation} {{ spin quick }}")

    assert answer.body["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert "data" not in answer.body
    assert resolvers.calls == ["spin"]


@pytest.mark.django_db
def test_a_long_list_is_left_in_the_middle(resolvers: Resolvers) -> None:
    answer = resolvers.ask("{ rows { a } }")

    assert answer.body["errors"][0]["extensions"]["code"] == "TIMEOUT"


@pytest.mark.django_db
def test_what_is_quick_enough_is_answered(resolvers: Resolvers) -> None:
    assert resolvers.ask("{ quick }").body == {"data": {"quick": 1}}


@pytest.mark.django_db
def test_a_query_is_not_finished_for_a_client_that_left(
    resolvers: Resolvers, settings: Any
) -> None:
    settings.GRAPHQL_TIMEOUT = timedelta(minutes=10)

    answer = resolvers.ask("{ sql quick }", gone=lambda: True)

    assert answer.body["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert resolvers.calls == ["sql"]


@pytest.mark.django_db
def test_a_mutation_is_finished_whoever_leaves(resolvers: Resolvers, settings: Any) -> None:
    settings.GRAPHQL_TIMEOUT = timedelta(minutes=10)

    answer = resolvers.ask("mutation { a: spin b: spin quick }", gone=lambda: True)

    assert answer.body["data"]["quick"] == 1


def test_other_work_asks_for_itself() -> None:
    deadline = Deadline(0)

    with pytest.raises(OutOfTime):
        deadline.check()
    Deadline(60).check()
