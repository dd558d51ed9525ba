"""How long PostgreSQL may take: what is told with a statement, and what comes of it."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from kernel.database import deadlines
from kernel.database.errors import REFUSED
from kernel.database.limits import without_limits
from kernel.federation.deadline import Deadline
from kernel.federation.statements import _cursor
from kernel.masking import as_domain_error
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_tenant

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ASKED = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"


@pytest.fixture
def limited() -> Iterator[Any]:
    """Let this thread's connection begin with limits, and put the old one back."""
    options = connection.settings_dict["OPTIONS"]
    before = options.get("limits")
    options["limits"] = {"statement_timeout": 60_000, "lock_timeout": 300}
    connection.close()
    yield connection
    connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = False
    options["limits"] = before or {}
    connection.close()


def told(prepared: bool = False) -> tuple[str, str]:
    """Return the limits of a statement."""
    with _cursor(connection) if prepared else connection.cursor() as cursor:
        cursor.execute(ASKED)
        row: tuple[str, str] = tuple(cursor.fetchall()[0])
    return row


def test_a_connection_begins_with_its_limits(limited: Any) -> None:
    assert told() == ("1min", "300ms")


@pytest.mark.parametrize("prepared", [False, True])
def test_a_deadline_is_told_with_each_statement_and_not_kept(limited: Any, prepared: bool) -> None:
    with in_tenant(make_tenant().pk):
        with Deadline(5):
            within, _ = told(prepared)
        with Deadline(500):
            longer, _ = told(prepared)
        after, _ = told(prepared)

    assert 5_000 < int(within.removesuffix("ms")) <= 6_000
    assert (longer, after) == ("1min", "1min")


@pytest.mark.parametrize("prepared", [False, True])
def test_behind_a_pooler_limits_are_told_in_each_transaction(limited: Any, prepared: bool) -> None:
    connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = True
    connection.close()

    with in_tenant(make_tenant().pk):
        alone = told(prepared)
        with transaction.atomic():
            first = told(prepared)
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '5s'")
            chosen = told(prepared)
    with psycopg.Cursor(connection.connection) as raw:
        left = raw.execute(ASKED).fetchone()

    assert alone == first == ("1min", "300ms")
    assert chosen == ("1min", "5s")
    assert left == ("0", "0")


def test_the_server_stops_what_nobody_stops(limited: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "GRACE_SECONDS", 0.0)
    begun = deadlines.begin(time.monotonic() + 0.2)
    try:
        with pytest.raises(OperationalError) as caught, connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(30)")
    finally:
        deadlines.end(begun)

    error = as_domain_error(caught.value)
    assert error is not None
    assert (error.code, error.status, error.retryable) == ("DEADLINE_EXCEEDED", 504, True)


def test_rows_that_others_hold_are_waited_for_so_long_and_refused(limited: Any) -> None:
    tenant = make_tenant()
    before = REFUSED.labels("lock")._value.get()
    with closing(connection.copy()) as other:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT FROM identity_tenant WHERE id = %s FOR UPDATE", [tenant.pk])
        with pytest.raises(OperationalError) as caught:
            type(tenant).objects.filter(pk=tenant.pk).update(name="changed")
        other.rollback()

    error = as_domain_error(caught.value)
    assert error is not None
    assert (error.code, error.status, error.retryable) == ("DATABASE_BUSY", 503, True)
    assert REFUSED.labels("lock")._value.get() == before + 1
    tenant.refresh_from_db()
    assert tenant.name != "changed"


def test_work_without_limits_has_a_connection_of_its_own_and_the_others_keep_theirs(
    limited: Any,
) -> None:
    with without_limits(connection.alias):
        within = told()

    assert (within, told()) == (("0", "0"), ("1min", "300ms"))
