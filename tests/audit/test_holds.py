"""What a legal hold finds stays, until somebody releases it; both are on record."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from apps.audit.domain.entries import Actor, Personal, Target
from apps.audit.models import AuditLog, LegalHold
from apps.audit.selectors.holds import active_holds, holds_on, not_held
from apps.audit.services.holds import MOST_HOLDS, place_hold, release_hold
from apps.audit.services.recording import record
from contracts.audit import AuditHoldPlaced, AuditHoldReleased
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.events.models import OutboxEvent
from kernel.identity.erasure import advance_deletions
from kernel.identity.lifecycle import delete_tenant
from kernel.identity.models import Tenant
from kernel.identity.services import issue_key
from kernel.tenancy.context import ALL_SCOPES, in_tenant
from kernel.tenancy.parts import PARTS
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_tenant
from tests.audit.factories import an_entry

JUNE = datetime(2024, 6, 1, tzinfo=UTC)


def a_hold(**query: Any) -> LegalHold:
    return place_hold(name="Case 7", reason="the court asked for it", query=query)


@pytest.mark.parametrize(
    ("query", "held"),
    [
        ({}, True),
        ({"actor_id": "u-1"}, True),
        ({"actor_id": "u-2"}, False),
        ({"actor_type": "user", "actions": ["invoice.approved", "invoice.paid"]}, True),
        ({"actions": ["invoice.paid"]}, False),
        ({"target_type": "invoice", "target_id": "i-1"}, True),
        ({"target_type": "invoice", "target_id": "i-2"}, False),
        ({"text": "invoice appr"}, True),
        ({"text": "paid"}, False),
        ({"occurred_before": JUNE}, True),
        ({"occurred_from": JUNE}, False),
        ({"actor_id": "u-1", "occurred_from": JUNE}, False),
    ],
)
def test_a_hold_is_on_what_its_query_finds(
    tenant: Tenant, query: dict[str, Any], held: bool
) -> None:
    log = record(an_entry())
    other = record(
        an_entry(action="x", actor=Actor(type="job", id="j"), targets=(Target(type="t", id="t"),))
    )

    hold = a_hold(**query)

    assert holds_on([log.pk]) == ([hold] if held else [])
    left = {*not_held(AuditLog.objects.filter(pk__in=[log.pk, other.pk]))}
    assert (log in left) is not held


def test_a_released_hold_is_on_nothing(tenant: Tenant) -> None:
    log = record(an_entry())
    hold = a_hold()

    release_hold(id=str(hold.pk), reason="settled")

    assert holds_on([log.pk]) == []
    assert list(active_holds()) == []
    hold.refresh_from_db()
    assert (hold.release_reason, hold.released_by) == ("settled", hold.placed_by)
    with pytest.raises(ConflictError, match="was released on"):
        release_hold(id=str(hold.pk), reason="again")


def test_placing_and_releasing_are_told_and_on_record(tenant: Tenant) -> None:
    hold = a_hold(actor_id="u-1", occurred_before=JUNE)
    release_hold(id=str(hold.pk), reason="settled")

    told = OutboxEvent.objects.filter(type__startswith="audit.hold").order_by("pk")
    assert list(told.values_list("type", flat=True)) == [
        AuditHoldPlaced.TYPE,
        AuditHoldReleased.TYPE,
    ]
    placed, released = AuditLog.objects.order_by("pk")
    assert (placed.action, released.action) == ("audit.hold.placed", "audit.hold.released")
    assert placed.metadata == {
        "reason": "the court asked for it",
        "query": {"actor_id": "u-1", "occurred_before": "2024-06-01T00:00:00+00:00"},
    }
    assert released.metadata == {"reason": "settled"}
    assert placed.targets == [{"type": "AuditLegalHold", "id": str(hold.pk), "name": "Case 7"}]


def test_a_hold_by_the_graph_is_on_logs_of_a_subject(tenant: Tenant) -> None:
    personal = (Personal(subject="person-1", fields=("/actor/name",)),)
    held, free = record(an_entry(personal=personal)), record(an_entry())

    told = GraphQLClient(issue_key(tenant=tenant, name="k", scopes=[ALL_SCOPES])[1])(
        """mutation { placeAuditLegalHold(input: {
             name: "Case 7", reason: "asked", filter: {subject: "person-1"}
           }) { auditLegalHold { id filter } error { code } } }"""
    ).data["placeAuditLegalHold"]

    assert told["error"] is None
    assert [str(one.pk) for one in holds_on([held.pk])] == [told["auditLegalHold"]["id"]]
    assert holds_on([free.pk]) == []


def test_a_hold_of_another_tenant_holds_nothing_here(tenant: Tenant) -> None:
    log = record(an_entry())
    with in_tenant(make_tenant().pk):
        theirs = a_hold()

    assert holds_on([log.pk]) == []
    with pytest.raises(NotFoundError):
        release_hold(id=str(theirs.pk), reason="not mine")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"reason": ""},
        {"query": {"nothing": "x"}},
        {"query": {"occurred_from": "yesterday"}},
        {"query": {"text": "--"}},
    ],
)
def test_a_hold_without_sense_is_refused_and_nothing_is_told(
    tenant: Tenant, wrong: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError):
        place_hold(**{"name": "Case 7", "reason": "asked for", **wrong})

    assert not LegalHold.objects.exists()
    assert not AuditLog.objects.exists()
    assert not OutboxEvent.objects.exists()


def test_there_are_so_many_holds_at_a_time(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.audit.services.holds.MOST_HOLDS", 2)
    first, _ = a_hold(), a_hold()

    with pytest.raises(LimitExceededError):
        a_hold()

    release_hold(id=str(first.pk), reason="settled")
    a_hold()
    assert MOST_HOLDS == 50


def test_a_log_that_is_nowhere_is_not_held(tenant: Tenant) -> None:
    a_hold(actor_id="u-1")

    assert holds_on([UUID(int=7)]) == []


def test_a_tenant_under_a_hold_is_not_deleted(tenant: Tenant) -> None:
    record(an_entry())
    hold = a_hold(actor_id="somebody else")

    with pytest.raises(ConflictError, match="the legal hold Case 7 is on it"):
        delete_tenant(tenant_id=tenant.pk)

    release_hold(id=str(hold.pk), reason="settled")
    delete_tenant(tenant_id=tenant.pk)


def test_a_deletion_that_was_asked_for_before_the_hold_waits(tenant: Tenant) -> None:
    log = record(an_entry())
    deletion = delete_tenant(tenant_id=tenant.pk, grace=timedelta(0))
    hold = a_hold()

    advance_deletions("")

    deletion.refresh_from_db()
    assert deletion.started_at is None
    with pytest.raises(ConflictError, match="the legal hold Case 7 is on it"):
        PARTS["audit"].erase(tenant.pk, lambda _table, _rows: None)
    assert AuditLog.objects.filter(pk=log.pk).exists()

    release_hold(id=str(hold.pk), reason="settled")
    advance_deletions("")

    deletion.refresh_from_db()
    assert deletion.started_at is not None
