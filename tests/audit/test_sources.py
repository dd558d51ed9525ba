"""Entries that services of others tell over Kafka: who may, once, and what becomes of the rest."""

import base64
import hashlib
import json
import time
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from confluent_kafka import Producer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditLog, IntakeSource
from apps.audit.services.sources import add_source, remove_source
from contracts.audit import AuditSourceAdded, AuditSourceRemoved
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.events.inbox import deliver, redeliver
from kernel.events.kafka import topics
from kernel.events.kafka.client import configuration, prefixed
from kernel.events.kafka.receiving import receive
from kernel.events.kafka.transport import Kafka
from kernel.events.models import Handled, Redelivery
from kernel.events.registry import GROUPS
from kernel.events.replay import replay_dead
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant
from tests.kernel.events.kafka.messages import Fake

STRUCTURED = {"content-type": b"application/cloudevents+json; charset=utf-8"}
DATA = {"actor": {"type": "user", "id": "u-1"}, "metadata": {"n": 1}}
#: The parts of the text that a producer signs, as the README tells them.
SIGNED = "septet.audit.intake/1\n{source}\n{id}\n{type}\n{time}\n{sha256}"


def an_event(id_: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": id_,
        "source": "/shop",
        "type": "order.paid",
        "time": "2026-05-01T12:00:00Z",
        "data": DATA,
        **more,
    }


def structured(event: Any, at: int = 1, **headers: bytes) -> Fake:
    told = STRUCTURED | {name.replace("_", "-"): value for name, value in headers.items()}
    return Fake(at, b"k", json.dumps(event).encode(), where="audit.intake", told=told)


def binary(event: dict[str, Any], at: int = 1, kind: bytes = b"application/json") -> Fake:
    headers = {f"ce_{name}": str(v).encode() for name, v in event.items() if name != "data"}
    value = json.dumps(event["data"]).encode()
    return Fake(at, b"k", value, where="audit.intake", told=headers | {"content-type": kind})


def give(*messages: Fake) -> None:
    receive(GROUPS["audit.intake"], messages)


def actions() -> list[str]:
    return sorted(AuditLog.objects.exclude(actor_id="septet").values_list("action", flat=True))


def dead() -> list[tuple[str, str]]:
    found = Redelivery.objects.filter(state="dead").order_by("id")
    return [(row.error_code, row.error_message) for row in found]


@pytest.fixture
def shop(tenant: Tenant) -> IntakeSource:
    """A source that may tell entries into the tenant's log, and signs nothing."""
    return add_source(source="/shop")


@pytest.mark.usefixtures("shop")
def test_both_modes_are_recorded_once_each() -> None:
    give(structured(an_event("1")), binary(an_event("2"), at=2))
    give(structured(an_event("1"), at=3), binary(an_event("2"), at=4))
    Handled.objects.all().delete()
    give(structured(an_event("1"), at=5), structured(an_event("2"), at=6))

    assert actions() == ["order.paid"] * 2
    assert dead() == []
    log = AuditLog.objects.filter(action="order.paid").first()
    assert log is not None
    assert (log.actor_id, log.metadata) == ("u-1", {"n": 1})
    assert f"{log.occurred_at:%Y-%m-%dT%H:%MZ}" == "2026-05-01T12:00Z"


def test_a_source_tells_into_the_log_of_its_own_tenant_only(shop: IntakeSource) -> None:
    other = make_tenant("other")
    with in_tenant(other.pk):
        add_source(source="/other")

    give(structured(an_event(tenant=str(shop.tenant_id), source="/other")))

    assert actions() == []
    with in_tenant(other.pk):
        assert actions() == ["order.paid"]


def test_a_source_that_nobody_added_is_refused_and_may_be_let_in_later(tenant: Tenant) -> None:
    give(structured(an_event()))
    refused = dead()
    add_source(source="/shop")
    replay_dead(Redelivery.objects.all())
    redeliver(GROUPS["audit.intake"], 10)

    assert actions() == ["order.paid"]
    assert refused == [("FORBIDDEN", "no source /shop may tell entries")]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (structured({"specversion": "1.0"}), "EVENT_MALFORMED"),
        (structured([1]), "EVENT_MALFORMED"),
        (Fake(1, b"k", b"{", where="audit.intake"), "EVENT_MALFORMED"),
        (Fake(1, b"k", b"{}", where="audit.intake", told={"ce_x": b"\xff"}), "EVENT_MALFORMED"),
        (binary(an_event(), kind=b"text/plain"), "EVENT_MALFORMED"),
        (structured(an_event(id="a\nb")), "EVENT_MALFORMED"),
        (structured(an_event(specversion="0.3")), "INVALID_INPUT"),
        (structured(an_event(data="x")), "INVALID_INPUT"),
        (structured(an_event(type="")), "INVALID_INPUT"),
        (structured(an_event(data={"actor": {"type": "user", "id": ""}})), "INVALID_INPUT"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_what_is_no_entry_is_a_dead_letter_and_holds_up_nothing(message: Fake, code: str) -> None:
    give(message, structured(an_event("good"), at=2))

    assert [found for found, _ in dead()] == [code]
    assert actions() == ["order.paid"]


@pytest.mark.parametrize("make", [structured, binary])
def test_a_source_with_a_key_has_to_sign(tenant: Tenant, make: Any) -> None:
    key, wrong = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    add_source(source="/shop", public_key=public)

    def signed(event: dict[str, Any], by: Ed25519PrivateKey, at: int) -> Fake:
        message: Fake = make(event, at)
        sha256 = hashlib.sha256(message.holds or b"").hexdigest()
        text = SIGNED.format(sha256=sha256, **event)
        signature = base64.b64encode(by.sign(text.encode()))
        return replace(message, told={**message.told, "septet-signature": signature})

    good = signed(an_event("1"), key, 1)
    moved = replace(signed(an_event("2", type="a.done"), key, 2), told=good.told)
    give(
        good,
        signed(an_event("3"), wrong, 3),
        make(an_event("4"), 4),
        replace(moved, at=5, holds=moved.holds and moved.holds + b" "),
    )

    assert actions() == ["order.paid"]
    assert {code for code, _ in dead()} == {"FORBIDDEN"}
    assert len(dead()) == (3 if make is structured else 2)


def test_sources_are_added_and_removed_on_record(tenant: Tenant) -> None:
    add_source(source="/shop")
    with pytest.raises(ConflictError):
        add_source(source="/shop")
    with in_tenant(make_tenant("other").pk):
        with pytest.raises(ConflictError):
            add_source(source="/shop")
        with pytest.raises(NotFoundError):
            remove_source(source="/shop")
    with pytest.raises(InvalidInputError):
        add_source(source="/b", public_key="AAAA")
    with pytest.raises(InvalidInputError):
        add_source(source="a\nb")
    remove_source(source="/shop")
    give(structured(an_event()))

    logs = AuditLog.objects.order_by("id").values_list("action", flat=True)
    assert list(logs) == ["audit.source.added", "audit.source.removed"]
    assert IntakeSource.objects.count() == 0
    assert [code for code, _ in dead()] == ["FORBIDDEN"]


ADD = """
mutation ($input: AddAuditSourceInput!) {
  addAuditSource(input: $input) { auditSource { id source publicKey } error { code } }
}
"""
REMOVE = """
mutation ($input: RemoveAuditSourceInput!) {
  removeAuditSource(input: $input) { auditSource { source } error { code } }
}
"""


def test_sources_are_added_and_removed_through_the_graph(
    tenant: Tenant, graphql: GraphQLClient
) -> None:
    key = base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()

    made = graphql(ADD, input={"source": "/shop", "publicKey": key}).data["addAuditSource"]
    again = graphql(ADD, input={"source": "/shop"}).data["addAuditSource"]
    listed = graphql("{ auditSources { nodes { source } } }").data["auditSources"]["nodes"]
    source_id = made["auditSource"].pop("id")
    removed = graphql(REMOVE, input={"id": source_id}).data["removeAuditSource"]
    gone = graphql(REMOVE, input={"id": source_id}).data["removeAuditSource"]

    assert made == {"auditSource": {"source": "/shop", "publicKey": key}, "error": None}
    assert again == {"auditSource": None, "error": {"code": "CONFLICT"}}
    assert listed == [{"source": "/shop"}]
    assert removed == {"auditSource": {"source": "/shop"}, "error": None}
    assert gone["error"] == {"code": "NOT_FOUND"}
    assert [one for one in published() if one.TYPE.startswith("audit.source.")] == [
        AuditSourceAdded(source_id=source_id, source="/shop", signs=True),
        AuditSourceRemoved(source_id=source_id, source="/shop"),
    ]
    logs = AuditLog.objects.order_by("id")
    assert [log.action for log in logs] == ["audit.source.added", "audit.source.removed"]


def test_who_writes_logs_lets_nobody_in(tenant: Tenant) -> None:
    secret = make_key(tenant, "audit:read", "audit:write", "audit:schema").secret
    writer = GraphQLClient(secret, "/audit/graphql")

    assert writer(ADD, input={"source": "/shop"}).codes == ["FORBIDDEN"]
    assert writer("{ auditSources { nodes { source } } }").codes == ["FORBIDDEN"]
    assert not IntakeSource.objects.exists()


def test_a_tenant_has_so_many_sources(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.audit.services.sources.MOST_SOURCES", 1)
    add_source(source="/a")

    with pytest.raises(LimitExceededError, match="at most 1 sources"):
        add_source(source="/b")


def test_the_command_adds_shows_and_removes(tenant: Tenant) -> None:
    def ran(*arguments: str) -> str:
        out = StringIO()
        call_command("audit_source", *arguments, f"--tenant={tenant.slug}", stdout=out)
        return out.getvalue()

    added, shown = ran("add", "/shop"), ran("show", "--json")
    removed = ran("remove", "/shop")

    assert (added, json.loads(shown), removed) == (
        "/shop\n",
        {"source": "/shop", "signs": False},
        "",
    )
    with pytest.raises(CommandError) as error:
        ran("remove", "/shop")
    assert error.value.returncode == 2
    with pytest.raises(CommandError, match="name the source"):
        ran("add")


@pytest.mark.usefixtures("shop")
def test_an_entry_costs_few_queries() -> None:
    give(structured(an_event("warm")))

    with CaptureQueriesContext(connection) as one:
        give(structured(an_event("1"), at=2))
    with CaptureQueriesContext(connection) as ten:
        give(*(structured(an_event(f"n{n}"), at=3 + n) for n in range(10)))

    assert len(one) <= 14
    # Each may be a transaction of its own, on a slow machine.
    assert len(ten) <= 140


@pytest.mark.live
@pytest.mark.usefixtures("kafka", "shop")
def test_a_real_broker_brings_them_and_a_second_reader_brings_none_twice() -> None:
    group = GROUPS["audit.intake"]
    topic = prefixed("audit.intake")
    topics.make_missing([topic])
    producer = Producer(configuration())
    for message in (structured(an_event("1")), binary(an_event("2")), structured([1])):
        producer.produce(topic, message.holds, message.of, headers=dict(message.told))
    producer.flush(20)

    def read(count: int) -> int:
        subscription, found, ends_at = Kafka().subscribe(group), 0, time.monotonic() + 60
        while found < count and time.monotonic() < ends_at:
            arrivals = subscription.fetch(100)
            deliver(group, arrivals)
            found += len(arrivals)
        # Not committed, as of a process that was killed: all of it comes again.
        subscription.close()
        return found

    assert (read(2), read(2)) == (2, 2)
    assert actions() == ["order.paid"] * 2
    assert len(dead()) == 1
    assert topic in topics.declared()
