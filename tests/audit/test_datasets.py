"""Audit logs as rows: brought out by their time, with what is personal for who may see that."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.audit.domain.entries import Actor, Context, Personal
from apps.audit.services.recording import record
from contracts.datasets import Mode
from kernel import clock
from kernel.errors import ForbiddenError, InvalidInputError
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import exported, imported, somebody, statements
from kernel.testing.tenants import make_tenant
from tests.audit.factories import MOMENT, an_entry

NAME = "audit.logs"
OF_ADA = an_entry(
    actor=Actor(type="user", id="u-ada", name="Ada Lovelace"),
    context=Context(ip_address="192.0.2.7"),
    personal=(Personal(subject="ada", fields=("/actor/name", "/context/ipAddress")),),
)


def test_logs_are_read_by_the_time_at_which_it_happened(tenant: Tenant) -> None:
    for hours in (2, 0, 1):
        record(an_entry(occurred_at=MOMENT + timedelta(hours=hours), action=f"a.{hours}"))

    with acting_as(somebody(tenant.pk)):
        rows = exported(NAME)
        some = exported(NAME, filters={"action": "a.1", "actor_id": "u-1"})

    assert [row["action"] for row in rows] == ["a.0", "a.1", "a.2"]
    assert some == [rows[1]]
    assert rows[0]["occurred_at"] == MOMENT.isoformat()
    assert rows[0]["targets"] == [{"type": "invoice", "id": "i-1", "name": "May"}]


def test_logs_are_read_since_they_were_recorded_whenever_it_happened(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    for hours in range(3):
        moment = began + timedelta(hours=hours)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        record(an_entry(action=f"a.{hours}"))

    with acting_as(somebody(tenant.pk)):
        since = exported(NAME, since=(began + timedelta(hours=1)).isoformat())
        between = exported(
            NAME,
            since=began.isoformat(),
            until=(began + timedelta(hours=1)).isoformat(),
        )

    assert [row["action"] for row in since] == ["a.1", "a.2"]
    assert [row["action"] for row in between] == ["a.0"]


def test_what_is_personal_is_there_for_who_may_see_it(tenant: Tenant) -> None:
    record(OF_ADA)
    record(an_entry())

    with acting_as(somebody(tenant.pk)):
        shown = exported(NAME)
    with acting_as(somebody(tenant.pk, "audit:export")):
        hidden = exported(NAME)

    assert [row["actor_name"] for row in shown] == ["Ada Lovelace", "Ada"]
    assert shown[0]["ip_address"] == "192.0.2.7"
    assert [row["actor_name"] for row in hidden] == ["", "Ada"]
    assert (hidden[0]["ip_address"], hidden[0]["actor_id"]) == ("", "u-ada")


def test_who_only_looks_takes_nothing_out(tenant: Tenant) -> None:
    record(an_entry())

    with (
        acting_as(somebody(tenant.pk, "audit:read", "audit:write")),
        pytest.raises(ForbiddenError, match="audit:export"),
    ):
        exported(NAME)
    with acting_as(somebody(make_tenant().pk)):
        assert exported(NAME) == []


def test_nobody_writes_the_record_by_importing_it(tenant: Tenant) -> None:
    record(an_entry())

    with acting_as(somebody(tenant.pk)), pytest.raises(InvalidInputError, match="is exported"):
        imported(NAME, exported(NAME), mode=Mode.INSERT)


def test_a_page_takes_as_many_statements_for_many(tenant: Tenant) -> None:
    for _ in range(3):
        record(OF_ADA)

    with acting_as(somebody(tenant.pk)):
        assert [statements(NAME, size=size) for size in (1, 3)] == [2, 2]
