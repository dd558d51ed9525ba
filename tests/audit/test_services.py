"""Recording: once, for ever, and each entry on its own."""

from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction

from apps.audit.domain.entries import Actor, Change, Target
from apps.audit.models import AuditLog, AuditLogTarget
from apps.audit.services.recording import MAX_BATCH, record, record_all
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError
from kernel.identity.models import Tenant
from kernel.tenancy.context import TenantRequiredError, acting_as, in_tenant
from kernel.testing.tenants import make_tenant
from tests.audit.factories import MOMENT, an_entry, forge

pytestmark = pytest.mark.usefixtures("tenant")


def test_an_entry_is_recorded_whole(tenant: Tenant) -> None:
    log = record(an_entry(metadata={"amount": 12.5, "lines": [1, 2]}))

    log.refresh_from_db()
    assert log.tenant_id == tenant.pk
    assert (log.action, log.occurred_at) == ("invoice.approved", MOMENT)
    assert (log.actor_type, log.actor_id, log.actor_name) == ("user", "u-1", "Ada")
    assert log.targets == [{"type": "invoice", "id": "i-1", "name": "May"}]
    assert log.metadata == {"amount": 12.5, "lines": [1, 2]}


def test_the_same_key_and_entry_is_recorded_once() -> None:
    entry = an_entry(idempotency_key="k-1")

    first, second = record(entry), record(entry)

    assert second.pk == first.pk
    assert AuditLog.objects.count() == 1
    assert AuditLogTarget.objects.count() == 1


def test_the_same_key_for_another_entry_is_a_conflict_and_changes_nothing() -> None:
    record(an_entry(idempotency_key="k-1"))

    with pytest.raises(ConflictError, match="'k-1' was used for another entry"):
        record(an_entry(idempotency_key="k-1", action="invoice.rejected"))

    assert [log.action for log in AuditLog.objects.all()] == ["invoice.approved"]


def test_a_key_repeated_within_a_batch_is_recorded_once() -> None:
    entry = an_entry(idempotency_key="k-1")

    outcomes = record_all([entry, entry, replace(entry, action="other")])

    assert [outcome.new for outcome in outcomes] == [True, False, False]
    assert isinstance(outcomes[2].error, ConflictError)
    assert AuditLog.objects.count() == 1


def test_a_key_belongs_to_its_tenant() -> None:
    record(an_entry(idempotency_key="k-1"))

    with in_tenant(make_tenant().pk):
        record(an_entry(idempotency_key="k-1", action="something.else"))
        assert AuditLog.objects.count() == 1

    assert AuditLog.across_tenants.count() == 2


def test_a_bad_entry_does_not_keep_the_others_out() -> None:
    outcomes = record_all([an_entry(), an_entry(action=" "), an_entry()])

    assert [bool(outcome.log) for outcome in outcomes] == [True, False, True]
    assert str(outcomes[1].error) == "action is empty"
    assert AuditLog.objects.count() == 2


def test_all_or_nothing_records_nothing_when_one_entry_is_bad() -> None:
    known = record(an_entry(idempotency_key="known"))
    entries = [
        an_entry(idempotency_key="known"),
        an_entry(idempotency_key="new"),
        an_entry(),
        an_entry(action=" "),
        an_entry(idempotency_key="known", action="other"),
    ]

    outcomes = record_all(entries, all_or_nothing=True)

    assert [outcome.error and outcome.error.code for outcome in outcomes] == [
        None,
        "AUDIT_BATCH_REFUSED",
        "AUDIT_BATCH_REFUSED",
        "INVALID_INPUT",
        "CONFLICT",
    ]
    assert str(outcomes[1].error) == "2 of 5 entries have an error"
    assert outcomes[0].log == known
    assert AuditLog.objects.get() == known
    assert [outcome.new for outcome in record_all(entries[:3], all_or_nothing=True)] == [
        False,
        True,
        True,
    ]


def test_a_key_whose_log_is_not_there_any_more_is_not_taken_for_recorded() -> None:
    log = record(an_entry(idempotency_key="k-1"))
    forge("DELETE FROM audit_auditlog WHERE id = %s", [log.pk.hex])

    with pytest.raises(ConflictError, match="the log of the idempotency key 'k-1' is gone"):
        record(an_entry(idempotency_key="k-1"))


def test_what_only_looks_like_a_nul_is_recorded() -> None:
    log = record(an_entry(metadata={"a": "b\\u0000"}))

    log.refresh_from_db()
    assert log.metadata == {"a": "b\\u0000"}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"action": "x" * 201}, "action has at most 200 characters, found 201"),
        ({"action": "a\0b"}, "action contains the character U+0000"),
        ({"actor": Actor(type="", id="u")}, "actor.type is empty"),
        ({"actor": Actor(type="user", id="")}, "actor.id is empty"),
        ({"occurred_at": MOMENT.replace(tzinfo=None)}, "occurredAt has no time zone"),
        ({"targets": (Target(type="t", id="1"),) * 51}, "targets holds at most 50 items, found 51"),
        ({"targets": (Target(type="t", id=""),)}, "targets[0].id is empty"),
        ({"metadata": {"a": "x" * 64_000}}, "metadata has at most 64000 bytes, found 64008"),
        ({"metadata": {"a": ["b\0"]}}, "metadata contains the character U+0000"),
        ({"metadata": {"a\0": 1.5}}, "metadata contains the character U+0000"),
        (
            {"changes": (Change(field="f", after="\0"),)},
            "changes contains the character U+0000",
        ),
        ({"idempotency_key": ""}, "idempotencyKey is empty"),
    ],
)
def test_an_entry_beyond_a_limit_is_refused_by_name(parts: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        record(an_entry(**parts))

    assert str(caught.value) == message
    assert AuditLog.objects.count() == 0


def test_a_batch_beyond_the_limit_is_refused_whole() -> None:
    with pytest.raises(LimitExceededError):
        record_all([an_entry()] * (MAX_BATCH + 1))

    assert AuditLog.objects.count() == 0


def test_nothing_is_recorded_or_read_outside_a_tenant() -> None:
    record(an_entry())

    with acting_as(None):
        with pytest.raises(TenantRequiredError, match="no tenant"):
            AuditLog.objects.count()
        with pytest.raises(TenantRequiredError, match="no tenant"):
            record(an_entry())

    assert AuditLog.across_tenants.count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditlog SET action = 'forged'",
        "DELETE FROM audit_auditlogtarget",
        "UPDATE audit_auditlogtarget SET target_id = 'forged'",
        "DELETE FROM audit_auditlog",
        "UPDATE audit_knownkey SET log_id = tenant_id",
    ],
)
def test_the_database_itself_refuses_changes(statement: str) -> None:
    record(an_entry(idempotency_key="k-1"))

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert [log.action for log in AuditLog.objects.all()] == ["invoice.approved"]
    assert AuditLogTarget.objects.get().target_id == "i-1"


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has no TRUNCATE")
def test_the_database_refuses_to_truncate() -> None:
    record(an_entry())
    # Deferred checks of the insert would refuse TRUNCATE before the guard is asked.
    connection.check_constraints()

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("TRUNCATE audit_auditlog CASCADE")

    assert AuditLog.objects.count() == 1
