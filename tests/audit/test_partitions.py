"""Partitions of PostgreSQL: made ahead, walled in as their table is, dropped with what was kept."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from apps.audit.metrics import PARTITIONS_AHEAD, ROWS_OUTSIDE
from apps.audit.models import AuditLog, AuditLogTarget, KnownKey
from apps.audit.selectors.months import Month
from apps.audit.selectors.partitions import LOGS, TARGETS, months_missing, partitions
from apps.audit.services.partitions import AHEAD, drop_partition, make_ahead, report
from apps.audit.services.recording import record, record_all
from apps.audit.services.sealing import seal_log
from kernel import clock
from kernel.errors import ConflictError, NotFoundError
from kernel.tenancy.context import in_tenant
from kernel.tenancy.policies import grant
from kernel.testing.tenants import make_tenant
from tests.audit.factories import an_entry

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("tenant")]

#: Months after this one.
Later = Callable[[int], Month]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Set the clock so many months ahead, to the 15th; return the month."""
    first = Month.of(clock.now())

    def go(months: int) -> Month:
        month = first.later(months)
        moment = datetime(month.year, month.month, 15, tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda: moment)
        return month

    return go


def kept_in() -> list[str]:
    """Return the partitions that logs and their targets are in."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT tableoid::regclass::text FROM {LOGS}"
            f" UNION SELECT tableoid::regclass::text FROM {TARGETS} ORDER BY 1"
        )
        return [name for (name,) in cursor.fetchall()]


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_this_month_and_those_ahead_have_partitions_and_the_rest_goes_into_one() -> None:
    assert months_missing(AHEAD) == []
    assert [one.bounds is None for one in partitions()][-2:] == [False, True]
    assert len(partitions()) == len(partitions(TARGETS))


def test_a_log_is_kept_by_the_month_in_which_it_was_recorded(later: Later) -> None:
    month = later(2)

    record(an_entry(occurred_at=datetime(2019, 1, 1, tzinfo=UTC)))

    assert kept_in() == [f"{LOGS}_{month}", f"{TARGETS}_{month}"]


def test_as_months_pass_those_ahead_are_made(later: Later) -> None:
    month = later(2)
    make_ahead()
    made = [one.name for one in partitions()]

    make_ahead()

    assert made[-6:] == [f"{LOGS}_{month.later(n - 2)}" for n in range(1, 6)] + [f"{LOGS}_default"]
    assert [one.name for one in partitions()] == made
    assert months_missing(AHEAD) == []
    assert PARTITIONS_AHEAD._value.get() == AHEAD


def test_logs_of_months_that_nobody_made_a_partition_for_are_recorded_and_kept_apart(
    later: Later,
) -> None:
    month = later(AHEAD + 2)
    record(an_entry())
    outside = kept_in()

    make_ahead()

    names = [one.name for one in partitions()]
    between = f"{month.later(-1)}_to_{month}"
    assert outside == [f"{LOGS}_default", f"{TARGETS}_default"]
    assert kept_in() == [f"{LOGS}_{between}", f"{TARGETS}_{between}"]
    assert names[-5:] == [
        f"{LOGS}_{between}",
        *(f"{LOGS}_{month.later(n)}" for n in (1, 2, 3)),
        f"{LOGS}_default",
    ]


def test_partitions_that_cannot_be_made_are_told_of(
    later: Later, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = later(2)
    monkeypatch.setattr("apps.audit.services.partitions.attach", locked)

    with caplog.at_level(logging.ERROR), pytest.raises(DatabaseError):
        make_ahead()

    assert f"no partition for audit logs of {month.later(2)}, {month.later(3)}" in caplog.text
    assert PARTITIONS_AHEAD._value.get() == 1


def locked(*_arguments: object) -> None:
    raise OperationalError("canceling statement due to lock timeout")


def test_logs_that_no_month_ahead_explains_are_told_of(
    later: Later, caplog: pytest.LogCaptureFixture
) -> None:
    later(600)
    record(an_entry())
    later(0)

    with caplog.at_level(logging.ERROR):
        make_ahead()
        run(f"ANALYZE {LOGS}")
        report()

    assert kept_in() == [f"{LOGS}_default", f"{TARGETS}_default"]
    assert "about 1 audit logs are in no partition of a month" in caplog.text
    assert ROWS_OUTSIDE._value.get() == 1


@pytest.mark.parametrize("verb", ["UPDATE {} SET action = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_a_partition_is_as_append_only_as_its_table(later: Later, verb: str) -> None:
    later(2)
    make_ahead()
    record(an_entry())
    later(5)
    record(an_entry())
    before = AuditLog.objects.count()

    for name in kept_in():
        with pytest.raises(DatabaseError, match="append-only"):
            run(verb.format(name).replace("action", "target_id" if TARGETS in name else "action"))

    assert AuditLog.objects.count() == before == 2


@pytest.fixture
def as_application() -> Iterator[None]:
    """Everything is done by a role that owns nothing and bypasses nothing."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE septet_partitions NOLOGIN NOBYPASSRLS")
        grant(cursor, "septet_partitions")
        cursor.execute("SET LOCAL ROLE septet_partitions")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def test_the_role_of_the_application_reaches_no_partition_by_its_name(
    as_application: None,
) -> None:
    record(an_entry())

    for name in kept_in():
        for statement in ("SELECT FROM {}", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}"):
            with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
                run(statement.format(name))

    assert AuditLog.objects.count() == 1


def test_who_is_granted_a_partition_still_sees_nothing_in_it(as_application: None) -> None:
    record(an_entry())
    run("RESET ROLE")
    names = kept_in()
    for name in names:
        run(f"GRANT SELECT, INSERT, DELETE ON {name} TO septet_partitions")
    run("SET LOCAL ROLE septet_partitions")

    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"SELECT count(*) FROM {name}")
            assert cursor.fetchone() == (0,)
            cursor.execute(f"DELETE FROM {name}")
            assert cursor.rowcount == 0


def test_a_tenant_sees_no_other_through_the_table(as_application: None) -> None:
    record(an_entry())

    with in_tenant(uuid4()), connection.cursor() as cursor:
        for table in (LOGS, TARGETS, "audit_knownkey"):
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,)


def test_a_partition_is_dropped_with_its_keys_and_what_proves_it_stays(later: Later) -> None:
    month = later(1)
    record_all([an_entry(idempotency_key=f"k-{number}") for number in range(3)])
    with in_tenant(make_tenant().pk):
        record(an_entry(idempotency_key="k-0"))
        seal_log()
    seal_log()
    later(2)
    record(an_entry(idempotency_key="kept"))
    with connection.cursor() as cursor:
        proofs = proof_rows(cursor)

        drop_partition(f"{LOGS}_{month}")

        assert proof_rows(cursor) == proofs
    assert list(AuditLog.across_tenants.values_list("idempotency_key", flat=True)) == ["kept"]
    assert AuditLogTarget.objects.count() == 1
    assert [one.key for one in KnownKey.across_tenants.all()] == ["kept"]
    assert not [one for one in partitions(TARGETS) if one.name.endswith(str(month))]
    record(an_entry(idempotency_key="k-0"))
    assert AuditLog.objects.count() == 2


def proof_rows(cursor: Any) -> list[Any]:
    found = []
    for table in ("audit_leaf", "audit_tile", "audit_checkpoint"):
        cursor.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
        found += cursor.fetchall()
    return found


def test_a_key_that_was_used_again_is_not_forgotten_with_an_older_log(later: Later) -> None:
    month = later(1)
    record(an_entry(idempotency_key="k"))
    seal_log()
    run("DELETE FROM audit_knownkey")
    later(2)
    again = record(an_entry(idempotency_key="k"))

    drop_partition(f"{LOGS}_{month}")

    assert record(an_entry(idempotency_key="k")).pk == again.pk


def test_keys_are_forgotten_some_at_a_time(later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.audit.services.partitions.FORGOTTEN_AT_ONCE", 2)
    month = later(1)
    record_all([an_entry(idempotency_key=f"k-{number}") for number in range(5)])
    seal_log()
    later(2)

    drop_partition(f"{LOGS}_{month}")

    assert KnownKey.objects.count() == 0


@pytest.mark.parametrize(
    ("months", "message"), [(1, "may still be written to"), (2, "wait to be sealed")]
)
def test_what_is_not_settled_is_not_dropped(later: Later, months: int, message: str) -> None:
    month = later(1)
    record(an_entry(idempotency_key="k"))
    later(months)

    with pytest.raises(ConflictError, match=message):
        drop_partition(f"{LOGS}_{month}")

    assert AuditLog.objects.count() == KnownKey.objects.count() == 1


@pytest.mark.parametrize("name", [f"{LOGS}_default", LOGS, "identity_tenant", f"{LOGS}_1999_01"])
def test_nothing_else_is_dropped(name: str) -> None:
    before = partitions()

    with pytest.raises(NotFoundError):
        drop_partition(name)

    assert partitions() == before
