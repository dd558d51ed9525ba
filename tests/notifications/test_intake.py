"""Services of others begin workflows over Kafka: signed, each once, and for their tenant alone."""

import base64
import hashlib
import json
import time
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import LazySettings
from django.core.checks import run_checks
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.notifications.domain.intake import Source
from apps.notifications.models import Trigger
from contracts.catalogue import event_types
from contracts.notifications import TriggerSubmitted
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
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.kernel.events.kafka.messages import Fake
from tests.notifications.people import made, person, send, workflow

SHOP, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
TOPIC = "notifications.intake"
DATA = {"workflow": "w", "subscribers": ["ada"], "data": {"name": "X"}}
#: The text that a producer signs, as the README tells it.
SIGNED = "septet.notifications.intake/1\n{source}\n{id}\n{type}\n{sha256}"


def line(source: str, tenant: Tenant, key: Ed25519PrivateKey) -> str:
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    return f"{source} {tenant.pk} {public}"


def test_a_key_is_read_alone_and_as_openssl_writes_it() -> None:
    der = SHOP.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    alone = SHOP.public_key().public_bytes_raw()

    for key in (der, alone):
        text = f"/shop {uuid4()} {base64.b64encode(key).decode()}"
        assert Source.of_text(text).public_key.public_bytes_raw() == alone
    with pytest.raises(ValueError, match="Ed25519 in base64"):
        Source.of_text(f"/shop {uuid4()} {base64.b64encode(der[:-1]).decode()}")


@pytest.fixture
def shop(tenant: Tenant, settings: LazySettings) -> Tenant:
    """A source that may begin workflows of the tenant."""
    settings.NOTIFICATIONS_INTAKE_SOURCES = (line("/shop", tenant, SHOP),)
    person()
    workflow(send("in_app"))
    return tenant


def an_event(id_: str = "1", **more: Any) -> dict[str, Any]:
    usual = {"specversion": "1.0", "source": "/shop", "type": "septet.notifications.trigger"}
    return {**usual, "id": id_, "data": DATA, **more}


def message(event: dict[str, Any], at: int = 1, *, key: Ed25519PrivateKey | None = SHOP) -> Fake:
    value = json.dumps(event).encode()
    told = {"content-type": b"application/cloudevents+json"}
    if key is not None:
        text = SIGNED.format(sha256=hashlib.sha256(value).hexdigest(), **event)
        told["septet-signature"] = base64.b64encode(key.sign(text.encode()))
    return Fake(at, b"k", value, where=TOPIC, told=told)


def binary(event: dict[str, Any], at: int) -> Fake:
    value = json.dumps(event["data"]).encode()
    told = {f"ce_{name}": str(v).encode() for name, v in event.items() if name != "data"}
    text = SIGNED.format(sha256=hashlib.sha256(value).hexdigest(), **event)
    told["septet-signature"] = base64.b64encode(SHOP.sign(text.encode()))
    return Fake(at, b"k", value, where=TOPIC, told=told)


def give(*messages: Fake) -> None:
    receive(GROUPS["notifications.intake"], messages)


def dead() -> list[str]:
    found = Redelivery.objects.filter(state="dead").order_by("id")
    return [row.error_code for row in found]


@pytest.mark.usefixtures("shop")
def test_each_message_begins_a_workflow_once_in_either_mode() -> None:
    give(message(an_event("1")), binary(an_event("2"), at=2))
    give(message(an_event("1"), at=3))
    # Long after: what was handled is forgotten, but not what was begun.
    Handled.objects.all().delete()
    give(message(an_event("1"), at=4), message(an_event("2"), at=5))
    drain()

    assert made() == [("ada", "in_app", "sent", "")] * 2
    assert dead() == []


def test_a_source_speaks_for_its_own_tenant_whatever_it_says(
    shop: Tenant, settings: LazySettings
) -> None:
    other = make_tenant("other")
    settings.NOTIFICATIONS_INTAKE_SOURCES += (line("/other", other, OTHER),)
    with in_tenant(other.pk):
        person()
        workflow(send("in_app"))
    told = an_event(source="/other", tenant=str(shop.pk))

    give(message(told, key=OTHER))

    assert not Trigger.objects.exists()
    with in_tenant(other.pk):
        assert Trigger.objects.count() == 1


def test_who_has_not_signed_it_is_refused(shop: Tenant, settings: LazySettings) -> None:
    other = make_tenant("other")
    settings.NOTIFICATIONS_INTAKE_SOURCES += (line("/other", other, OTHER),)
    good = message(an_event("good"))
    moved = replace(message(an_event("moved")), at=4, told=good.told)
    changed = replace(message(an_event("changed")), at=5, holds=(good.holds or b"") + b" ")

    give(
        message(an_event("none"), key=None),
        message(an_event("theirs"), at=2, key=OTHER),
        message(an_event("nobody", source="/nobody"), at=3),
        moved,
        changed,
    )

    assert dead() == ["FORBIDDEN"] * 5
    assert not Trigger.objects.exists()


@pytest.mark.usefixtures("shop")
def test_a_forged_message_does_not_take_the_place_of_the_true_one() -> None:
    give(message(an_event("1"), key=OTHER), message(an_event("1"), at=2))

    assert dead() == ["FORBIDDEN"]
    assert Trigger.objects.count() == 1


def test_a_source_may_be_let_in_later(shop: Tenant, settings: LazySettings) -> None:
    listed, settings.NOTIFICATIONS_INTAKE_SOURCES = settings.NOTIFICATIONS_INTAKE_SOURCES, ()
    give(message(an_event()))
    assert dead() == ["FORBIDDEN"]
    settings.NOTIFICATIONS_INTAKE_SOURCES = listed
    replay_dead(Redelivery.objects.all())
    redeliver(GROUPS["notifications.intake"], 10)

    assert Trigger.objects.count() == 1


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"specversion": "0.3"}, "INVALID_INPUT"),
        ({"type": "order.paid"}, "INVALID_INPUT"),
        ({"data": "x"}, "INVALID_INPUT"),
        ({"data": {"workflow": "w"}}, "INVALID_INPUT"),
        ({"data": DATA | {"tenant": "t"}}, "INVALID_INPUT"),
        ({"data": DATA | {"subscribers": ["a"] * 1_001}}, "INVALID_INPUT"),
        ({"data": DATA | {"priority": 11}}, "INVALID_INPUT"),
        ({"data": DATA | {"notBefore": "tomorrow"}}, "INVALID_INPUT"),
        ({"data": DATA | {"workflow": "none"}}, "NOT_FOUND"),
        ({"id": "a\nb"}, "EVENT_MALFORMED"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_what_begins_nothing_is_a_dead_letter_and_holds_up_nothing(
    told: dict[str, Any], code: str
) -> None:
    give(message(an_event("bad") | told), message(an_event("good"), at=2))

    assert dead() == [code]
    assert Trigger.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "codes"),
    [
        # In microseconds, and further away than anything.
        ({"milliseconds": 1_700_000_000_000_000}, ["EVENT_MALFORMED"]),
        ({"milliseconds": 2**62}, ["EVENT_MALFORMED"]),
        ({"told": {"septet-signature": b"\0"}}, ["EVENT_MALFORMED"]),
        ({"of": b"k\0", "told": {}}, ["FORBIDDEN"]),
    ],
)
@pytest.mark.usefixtures("shop")
def test_what_stands_around_a_message_holds_up_nothing(
    wrong: dict[str, Any], codes: list[str]
) -> None:
    give(replace(message(an_event("bad")), **wrong), message(an_event("good"), at=2))

    assert dead() == codes
    assert not any("\0" in row.partition_key for row in Redelivery.objects.all())
    assert Trigger.objects.count() == 1


def test_lines_that_cannot_be_read_are_told_before_anything_starts(
    tenant: Tenant, settings: LazySettings
) -> None:
    good = line("/shop", tenant, SHOP)
    for wrong in ((f"{good} x",), (good[:-8],), (good, good), ("/shop no-tenant AAAA",)):
        settings.NOTIFICATIONS_INTAKE_SOURCES = wrong
        assert "septet.E090" in {one.id for one in run_checks()}


def test_nobody_else_handles_what_is_not_judged() -> None:
    hearing = {name for name, one in GROUPS.items() if TriggerSubmitted.TYPE in one.handlers}

    assert hearing == {"notifications.intake"}
    assert event_types()[TriggerSubmitted.TYPE].UNJUDGED


@pytest.mark.usefixtures("shop")
def test_a_message_costs_few_queries() -> None:
    give(message(an_event("warm")))

    with CaptureQueriesContext(connection) as one:
        give(message(an_event("1"), at=2))

    assert len(one) <= 14


@pytest.mark.live
@pytest.mark.usefixtures("kafka", "shop")
def test_a_real_broker_brings_them_and_a_second_reader_brings_none_twice() -> None:
    group, topic = GROUPS["notifications.intake"], prefixed(TOPIC)
    topics.make_missing([topic])
    producer = Producer(configuration())
    for one in (message(an_event("1")), binary(an_event("2"), 2), message(an_event("3"), key=None)):
        producer.produce(topic, one.holds, one.of, headers=dict(one.told))
    producer.produce(topic, b"{", b"k")
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

    assert (read(3), read(3)) == (3, 3)
    assert Trigger.objects.count() == 2
    assert sorted(dead()) == ["EVENT_MALFORMED", "FORBIDDEN"]
    assert topic in topics.declared()
