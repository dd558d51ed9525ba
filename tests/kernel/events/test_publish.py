"""Publishing: with the change or not at all, in order, and with all that others need to know."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from contracts.envelope import Actor
from contracts.files import FileDeleted, FileRenamed
from contracts.identity import SignInFailed
from kernel import clock
from kernel.events.actors import ActorMiddleware, acting
from kernel.events.models import OutboxEvent
from kernel.events.publishing import OutsideTransactionError, publish, publish_all
from kernel.events.wake import bell
from kernel.identity.models import Tenant
from kernel.observability.context import request_ids
from kernel.tenancy.context import ALL_SCOPES, Principal, acting_as

RENAMED = FileRenamed(file_id="f1", name="new", previous_name="old")
TRACE = "0af7651916cd43dd8448eb211c80319c"


def only() -> OutboxEvent:
    """Return the one event there is."""
    return OutboxEvent.objects.get()


def actor() -> Actor:
    """Return who did what the one event tells of."""
    return only().envelope().actor


def test_an_event_is_stored_with_what_others_need_to_know(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: noon)
    key = Principal(kind="key", id="k1", name="robot", tenant_id=tenant.pk, scopes=frozenset())

    with acting_as(key), request_ids("", f"00-{TRACE}-00f067aa0ba902b7-01"):
        id_ = publish(RENAMED)

    envelope = only().envelope()
    assert (envelope.id, envelope.type, envelope.subject) == (str(id_), RENAMED.TYPE, "f1")
    assert (envelope.time, envelope.tenant) == (noon, str(tenant.pk))
    assert envelope.partition_key == f"{tenant.pk}/f1"
    assert envelope.actor == Actor(type="api_key", id="k1", name="robot")
    assert envelope.traceparent == f"00-{TRACE}-00f067aa0ba902b7-01"
    assert envelope.event() == RENAMED
    assert only().state == "waiting"


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_nothing_can_be_published() -> None:
    with pytest.raises(OutsideTransactionError):
        publish(RENAMED)

    assert OutboxEvent.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_never_told() -> None:
    before = bell.wait(-1, 0)

    with transaction.atomic():
        publish(RENAMED)
        transaction.set_rollback(True)

    assert OutboxEvent.objects.count() == 0
    assert bell.wait(-1, 0) == before


@pytest.mark.django_db(transaction=True)
def test_a_commit_wakes_those_who_wait() -> None:
    before = bell.wait(-1, 0)

    with transaction.atomic():
        publish(RENAMED)
        within = bell.wait(-1, 0)

    assert within == before
    assert bell.wait(before, 0) == before + 1


def test_many_events_are_one_statement_in_their_order(tenant: Tenant) -> None:
    events = [FileDeleted(file_id=f"f{number}", name="a") for number in range(50)]

    with CaptureQueriesContext(connection) as captured:
        ids = publish_all(events)

    assert len(captured) == 1
    stored = list(OutboxEvent.objects.order_by("position"))
    assert [row.event_id for row in stored] == ids == sorted(ids)
    assert [row.subject for row in stored] == [event.file_id for event in events]


def test_no_events_are_no_statement(tenant: Tenant) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert publish_all([]) == []

    assert len(captured) == 0


def test_what_concerns_no_tenant_says_so(db: None) -> None:
    publish(SignInFailed(username="ada", reason="password"))

    assert (only().tenant_id, only().partition_key) == (None, "-/ada")
    assert (actor().type, actor().id) == ("system", "septet")


def test_a_tenant_and_an_actor_can_be_named(tenant: Tenant) -> None:
    other = uuid.uuid4()

    with acting(Actor(type="user", id="7", name="Ada")):
        publish(RENAMED, tenant_id=other)
        publish(RENAMED, actor=Actor(type="user", id="8"))

    first, second = OutboxEvent.objects.order_by("position")
    assert (first.tenant_id, first.envelope().tenant) == (other, str(other))
    assert first.envelope().actor == Actor(type="user", id="7", name="Ada")
    assert (second.tenant_id, second.envelope().actor.id) == (tenant.pk, "8")


def test_a_credential_goes_before_who_is_signed_in(tenant: Tenant) -> None:
    key = Principal(
        kind="key", id="k1", name="robot", tenant_id=tenant.pk, scopes=frozenset({ALL_SCOPES})
    )

    with acting(Actor(type="user", id="7")), acting_as(key):
        publish(RENAMED)

    assert actor().id == "k1"


@pytest.mark.parametrize(
    ("signed_in", "expected"), [(True, ("user", "ada")), (False, ("system", "Septet"))]
)
def test_what_a_request_publishes_is_done_by_who_is_signed_in(
    db: None, signed_in: bool, expected: tuple[str, str]
) -> None:
    def answer(_request: HttpRequest) -> HttpResponse:
        publish(RENAMED)
        return HttpResponse()

    request: Any = RequestFactory().get("/")
    request.user = User.objects.create_user("ada") if signed_in else AnonymousUser()
    ActorMiddleware(answer)(request)

    assert (actor().type, actor().name) == expected


@pytest.mark.parametrize("subject", ["", "x" * 256])
def test_an_event_without_a_subject_that_can_be_kept_is_a_mistake(
    tenant: Tenant, subject: str
) -> None:
    with pytest.raises(ValueError, match="file_id has 1 to 255 characters"):
        publish(FileDeleted(file_id=subject, name="a"))

    assert OutboxEvent.objects.count() == 0


def test_an_event_that_no_broker_would_take_is_a_mistake(tenant: Tenant) -> None:
    publish(FileDeleted(file_id="a", name="x" * 499_000))

    with pytest.raises(ValueError, match=r"files\.file\.deleted\.v1 tells 500\d\d\d bytes"):
        publish(FileDeleted(file_id="b", name="x" * 500_000))

    assert only().subject == "a"


def test_an_event_that_postgresql_would_not_keep_is_a_mistake_everywhere(tenant: Tenant) -> None:
    with pytest.raises(ValueError, match="NUL"):
        publish(FileDeleted(file_id="a", name="x\0"))

    publish(FileDeleted(file_id="b", name="C:\\u0000"))

    assert only().envelope().data["name"] == "C:\\u0000"
