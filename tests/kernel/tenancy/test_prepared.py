"""Queries that PostgreSQL keeps prepared, with the name of their tenant before them."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import (
    DataError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)

from kernel.federation.statements import _cursor
from kernel.identity.models import Tenant
from kernel.tenancy.context import TenantRequiredError, in_tenant
from kernel.tenancy.postgresql import prepared
from kernel.tenancy.postgresql.prepared import PreparedCursor
from kernel.testing.tenants import make_tenant

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'septet%%'"


def ask(query: str, *params: Any) -> list[tuple[Any, ...]]:
    """Run a query as the compiled path does."""
    made: Any = connection
    with made._prepare_cursor(PreparedCursor(made.connection, {})) as cursor:
        cursor.execute(query, list(params))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@pytest.fixture
def owner() -> Iterator[Tenant]:
    """A tenant, on a connection of its own."""
    connection.close()
    connection.ensure_connection()
    made = make_tenant()
    with in_tenant(made.pk):
        yield made


def test_the_tenant_is_told_in_the_same_transaction(owner: Tenant) -> None:
    assert ask("SELECT current_setting('septet.tenant')") == [(str(owner.pk),)]
    with psycopg.Cursor(connection.connection) as raw:
        assert raw.execute("SELECT current_setting('septet.tenant', true)").fetchone() == ("",)


def test_outside_a_tenant_nothing_is_asked() -> None:
    connection.ensure_connection()
    with pytest.raises(TenantRequiredError):
        ask("SELECT 1")
    assert connection.connection.pgconn.pipeline_status == psycopg.pq.PipelineStatus.OFF


def test_a_query_is_prepared_once_for_each_kind_of_its_values(owner: Tenant) -> None:
    for value in (1, 2, "text"):
        ask("SELECT %s::text || '%%'", value)

    # Two kinds of values, the announcement, and this question.
    assert ask(PREPARED) == [(4,)]


def test_queries_that_callers_think_of_do_not_fill_the_servers_memory(
    owner: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "MOST_PREPARED", 5)

    def read(query: str) -> list[tuple[Any, ...]]:
        with _cursor(connection) as cursor:
            cursor.execute(query, [])
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    kept = [read(f"{PREPARED} AND {number} > 0")[0][0] for number in range(1, 20)]
    with transaction.atomic():
        backend = connection.connection.info.backend_pid
        for number in range(10):
            read(f"SELECT {number}")
        assert connection.connection.info.backend_pid == backend

    assert max(kept) <= 5


def test_nothing_is_prepared_where_a_pooler_would_not_carry_it_over(
    owner: Tenant, settings: Any
) -> None:
    settings.DATABASE_PREPARES = False

    assert ask("SELECT %s::int + 1", 2) == [(3,)]
    assert ask(PREPARED) == [(0,)]


def test_a_table_that_has_changed_is_read_anew(owner: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE changing (a int)")
        cursor.execute("INSERT INTO changing VALUES (1)")
    query = "SELECT * FROM changing"
    before = ask(query)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE changing ADD COLUMN b text DEFAULT 'new'")

    with pytest.raises(NotSupportedError, match="cached plan"):
        ask(query)

    assert (before, ask(query)) == ([(1,)], [(1, "new")])


def test_an_error_is_djangos_and_leaves_the_connection_as_it_was(owner: Tenant) -> None:
    with pytest.raises(ProgrammingError, match="no_such_table"):
        ask("SELECT * FROM no_such_table")
    with pytest.raises(DataError, match="division by zero"):
        ask("SELECT 1 / %s", 0)

    assert ask("SELECT %s::int", 7) == [(7,)]


def test_more_than_a_socket_takes_at_once_goes_both_ways(owner: Tenant) -> None:
    long = "x" * 20_000_000

    assert ask("SELECT %s::text", long) == [(long,)]


def test_a_statement_is_stopped_from_another_thread(owner: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '50ms'")

    with pytest.raises(OperationalError, match="timeout"):
        ask("SELECT pg_sleep(10)")
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")

    assert ask("SELECT 1") == [(1,)]


def test_a_connection_that_was_cut_is_told_as_such(owner: Tenant) -> None:
    with psycopg.connect(connection.connection.info.dsn) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])

    with pytest.raises(OperationalError):
        ask("SELECT 1")

    connection.close()
    connection.ensure_connection()
    assert ask("SELECT 1") == [(1,)]
