"""Streams to topics of a real Kafka."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer
from django.conf import settings

from apps.audit.errors import NoKafkaError
from apps.audit.models import AuditLog, AuditStream
from apps.audit.services.delivering import deliver_stream, send_test
from apps.audit.services.recording import record_all
from apps.audit.services.sealing import seal_log
from apps.audit.services.streams import create_stream, resume_stream
from kernel import clock
from kernel.errors import DomainError
from kernel.events.kafka import sending, topics
from kernel.events.kafka.client import configuration, prefixed
from kernel.identity.models import Tenant
from kernel.testing.processes import environment_beside
from tests.audit.beside import Beside
from tests.audit.factories import an_entry


def a_stream(**parts: Any) -> AuditStream:
    usual: dict[str, Any] = {"name": "lake", "address": "kafka://lake", "from_position": 0}
    return create_stream(**usual | parts)[0]


def sealed(count: int) -> None:
    record_all([an_entry() for _ in range(count)])
    seal_log()


def told(count: int, topic: str = "audit.stream.lake") -> list[Any]:
    """Return the first messages of a topic."""
    consumer = Consumer(configuration(group_id=prefixed("reader"), auto_offset_reset="earliest"))
    consumer.subscribe([prefixed(topic)])
    found: list[Any] = []
    ends_at = time.monotonic() + 60
    while len(found) < count and time.monotonic() < ends_at:
        found += consumer.consume(count, timeout=1)
    consumer.close()
    return found


@pytest.mark.live
@pytest.mark.usefixtures("kafka")
def test_logs_arrive_in_order_as_cloudevents_of_their_tenant(tenant: Tenant) -> None:
    topics.make_missing([prefixed("audit.stream.lake")])
    sealed(150)
    stream = a_stream()

    assert deliver_stream(stream.pk) == 150

    messages = told(150)
    assert {one.error() for one in messages} == {None}
    assert {one.key() for one in messages} == {str(tenant.pk).encode()}
    events = [json.loads(one.value()) for one in messages]
    assert [one["sequence"] for one in events] == [str(number) for number in range(150)]
    first = events[0]
    log = AuditLog.objects.get(pk=first["id"])
    data = first.pop("data")
    assert (data["position"], data["record"]) == (0, json.loads(bytes(log.record)))
    assert first == {
        "specversion": "1.0",
        "id": str(log.pk),
        "source": f"septet/audit/{tenant.pk}",
        "type": "audit.log.sealed.v1",
        "time": data["record"]["occurredAt"],
        "tenant": str(tenant.pk),
        "partitionkey": str(tenant.pk),
        "sequence": "0",
        "format": "json",
        "datacontenttype": "application/json",
    }
    assert dict(messages[0].headers()) == {
        "content-type": b"application/cloudevents+json; charset=UTF-8"
    }


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_a_sender_that_is_killed_behind_a_message_sends_that_again_and_loses_nothing(
    kafka: dict[str, str], tmp_path: Path
) -> None:
    topics.make_missing([prefixed("audit.stream.lake")])
    environment = environment_beside(
        tmp_path,
        LOG_LEVEL="ERROR",
        SERVICES="audit",
        KAFKA_PREFIX=settings.KAFKA_PREFIX,
        KAFKA_BOOTSTRAP_SERVERS=kafka["KAFKA_BOOTSTRAP_SERVERS"],
    )
    beside = Beside(environment, "archive_program.py")
    assert beside.run("prepare")[0] == 0

    killed, _ = beside.run("deliver", FAULT="audit-stream-sent:2")
    followed, said = beside.run("deliver")

    assert (killed, followed, said) == (-9, 0, ["35"])
    places = [int(json.loads(one.value())["sequence"]) for one in told(55)]
    assert places == [*range(20), *range(10, 45)]


@pytest.mark.live
@pytest.mark.usefixtures("kafka", "tenant")
def test_a_topic_that_nobody_has_made_is_not_made_and_logs_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "DELIVERY_SECONDS", 8)
    sending._producer.cache_clear()
    sealed(3)
    stream = a_stream()

    assert deliver_stream(stream.pk) == 0

    stream.refresh_from_db()
    assert (stream.position, stream.failures) == (0, 1)
    assert "3 of 3 messages for" in stream.last_error
    assert "nknown" in stream.last_error
    topics.make_missing([prefixed("audit.stream.lake")])
    resume_stream(id=str(stream.pk))
    assert deliver_stream(stream.pk) == 3
    assert [json.loads(one.value())["sequence"] for one in told(3)] == ["0", "1", "2"]


@pytest.mark.live
@pytest.mark.usefixtures("kafka", "tenant")
def test_cef_is_told_as_a_text_and_a_test_as_what_it_is() -> None:
    topics.make_missing([prefixed("audit.stream.lake")])
    stream = a_stream(format="cef")

    send_test(stream.pk)

    (one,) = told(1)
    event = json.loads(one.value())
    assert (event["format"], event["datacontenttype"]) == ("cef", "text/plain")
    assert event["data"].startswith("CEF:0|Septet|audit|1|audit.stream.tested|")


@pytest.mark.usefixtures("tenant")
def test_a_broker_that_is_away_holds_up_nothing_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "KAFKA_BOOTSTRAP_SERVERS", ("127.0.0.1:1",))
    monkeypatch.setattr(sending, "DELIVERY_SECONDS", 1)
    sealed(1)
    stream = a_stream()

    assert deliver_stream(stream.pk) == 0

    stream.refresh_from_db()
    assert stream.last_error.startswith("OUTBOUND_FAILED: Kafka: 1 of 1 messages for")
    assert stream.retry_at > clock.now()


@pytest.mark.usefixtures("tenant")
def test_where_kafka_is_no_more_the_stream_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "KAFKA_BOOTSTRAP_SERVERS", ("127.0.0.1:1",))
    sealed(1)
    stream = a_stream()
    monkeypatch.setattr(settings, "KAFKA_BOOTSTRAP_SERVERS", ())

    assert deliver_stream(stream.pk) == 0

    stream.refresh_from_db()
    assert stream.last_error.startswith("AUDIT_NO_KAFKA")
    with pytest.raises(NoKafkaError):
        a_stream(name="other")


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize("name", ["", "a b", "a/b", "ä", "x" * 101])
def test_a_topic_of_another_kind_of_name_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(settings, "KAFKA_BOOTSTRAP_SERVERS", ("127.0.0.1:1",))

    with pytest.raises(DomainError, match="an address is"):
        a_stream(address=f"kafka://{name}")

    assert not AuditStream.objects.exists()
