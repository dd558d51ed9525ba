"""The relay to a real Kafka: what it sends, what becomes of failures, and of losing its place."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it does not say what it exports
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from kernel.events.kafka import relay as kafka_relay
from kernel.events.kafka import topics
from kernel.events.kafka.client import configuration, prefixed
from kernel.events.kafka.relay import DEPTH, HEADERS, NotDeliveredError
from kernel.events.kafka.transport import Kafka
from kernel.events.message import read
from kernel.events.models import ConsumerGroup, OutboxEvent
from kernel.events.publishing import publish
from kernel.events.relay import Relay
from tests.devservices.fixtures import Servers
from tests.kernel.events.factories import Moved, tell
from tests.kernel.events.kafka.factories import arrived, first_seen, messages
from tests.kernel.events.test_relay import elsewhere

pytestmark = [
    pytest.mark.live,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("kafka"),
]


@pytest.fixture
def transport() -> Iterator[Kafka]:
    """A transport as the active relay has it, which takes back what is on its way in the end."""
    made = Kafka()
    made.take_over()
    yield made
    made.release(0)


@contextmanager
def frozen(servers: Servers) -> Iterator[None]:
    """Let the broker be silent."""
    servers.do("pause", "kafka")
    try:
        yield
    finally:
        servers.do("resume", "kafka")


def until(done: Callable[[], bool], work: Callable[[], object], seconds: float = 30) -> None:
    """Do something over and over until it is done."""
    ends_at = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < ends_at, "not done in time"
        work()


def nothing_waits() -> bool:
    """Say whether all has been sent and removed."""
    return not OutboxEvent.objects.exists()


def test_what_waits_is_sent_and_removed_when_it_is_acknowledged(transport: Kafka) -> None:
    tell(("a", 1), ("a", 2), ("b", 1))
    expected = {str(row.event_id): row.envelope() for row in OutboxEvent.objects.all()}

    count = transport.relay(500)
    found = messages(3)

    assert (count, OutboxEvent.objects.count()) == (3, 0)
    sent = [read(message.value() or b"") for message in found]
    assert {envelope.id: envelope for envelope in sent} == expected
    assert {message.key() for message in found} == {b"-/a", b"-/b"}
    assert [message.headers() for message in found] == [HEADERS] * 3
    # Java's own partitioner puts these keys there.
    assert {message.key(): message.partition() for message in found} == {b"-/a": 1, b"-/b": 2}


def test_a_topic_that_is_missing_is_made(transport: Kafka) -> None:
    tell(("a", 1))
    transport.relay(500)

    topic = topics.found([prefixed("tests.thing")])[prefixed("tests.thing")]

    assert topic.partitions == settings.KAFKA_PARTITIONS
    assert list(topic.drift()) == []


def test_many_batches_travel_at_a_time_and_keys_stay_in_order(transport: Kafka) -> None:
    steps = [(thing, step) for step in range(40) for thing in "abc"]
    tell(*steps)

    until(nothing_waits, lambda: transport.relay(7))

    assert first_seen(120) == {thing: list(range(40)) for thing in "abc"}


def test_a_step_costs_the_same_for_few_and_many(transport: Kafka) -> None:
    counts = []
    transport.relay(1)
    for number in (2, 200):
        tell(*((f"t{one}", number) for one in range(number)))
        with CaptureQueriesContext(connection) as captured:
            assert transport.relay(500) == number
        counts.append([one["sql"].split()[0] for one in captured])

    assert counts == [["SELECT", "DELETE"]] * 2


def test_while_a_broker_is_silent_a_step_ends_and_the_pipe_is_bounded(
    transport: Kafka, servers: Servers
) -> None:
    tell(("warm", 0))
    transport.relay(500)
    tell(*(("a", step) for step in range(30)))

    with frozen(servers):
        began = time.monotonic()
        counts = [transport.relay(5) for _ in range(3)]
        seconds = time.monotonic() - began
        tell(("a", 30))
    assert transport._relay is not None
    on_their_way = len(transport._relay._batches)
    until(nothing_waits, lambda: transport.relay(5))

    assert counts == [0, 0, 0]
    assert seconds < 3 * kafka_relay.ACK_SECONDS + 1
    assert on_their_way == DEPTH
    assert first_seen(32)["a"] == list(range(31))


@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=pytest.mark.nightly)])
def test_while_the_broker_is_away_writes_go_on_and_are_sent_in_order_after(
    transport: Kafka, servers: Servers, seconds: float
) -> None:
    tell(("a", 0), ("b", 0))
    transport.relay(500)
    step = 0

    servers.do("kill", "kafka")
    try:
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            step += 1
            tell(("a", step), ("b", step))
            assert transport.relay(2) == 0
    finally:
        servers.do("start", "kafka")
    began = time.monotonic()
    until(nothing_waits, lambda: transport.relay(500))

    assert time.monotonic() - began < 15
    assert first_seen(2 * step + 2) == {thing: list(range(step + 1)) for thing in "ab"}


def largest(size_bytes: int) -> None:
    """Let the topic of the tests take messages of this size at most."""
    entry = ConfigEntry(
        "max.message.bytes", str(size_bytes), incremental_operation=AlterConfigOpType.SET
    )
    topic = ConfigResource(ResourceType.TOPIC, prefixed("tests.thing"), incremental_configs=[entry])
    admin = AdminClient(configuration())
    (done,) = admin.incremental_alter_configs([topic]).values()
    done.result(10)


def test_what_follows_a_refused_event_in_its_key_waits_until_it_is_taken(
    transport: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(("a", 0))
    transport.relay(500)
    largest(2_000)
    tell(*(("a", step) for step in range(1, 6)))
    first = OutboxEvent.objects.earliest("position")
    first.message = first.message[:-1] + f', "padding": "{"".join(map(str, range(3_000)))}"}}'
    first.save()
    session = transport._relay
    assert session is not None

    monkeypatch.setattr(kafka_relay, "DEPTH", 1)
    session._send(1)
    with suppress(KafkaException, SystemError):
        until(lambda: session._batches[0].error != "", lambda: session._producer.poll(0.1))
    # As when it is refused between two looks: others are given to librdkafka behind it.
    monkeypatch.setattr(kafka_relay, "DEPTH", 3)
    with suppress(KafkaException, SystemError):
        session._send(1)
        session._producer.flush(5)
    transport.release(0)
    with pytest.raises(NotDeliveredError, match="Message size too large"):
        until(nothing_waits, lambda: transport.relay(500))
    transport.release(0)
    refused = first_seen(1)
    largest(1_000_000)
    until(nothing_waits, lambda: transport.relay(500))

    assert refused == {"a": [0]}
    assert first_seen(6) == {"a": list(range(6))}


def test_a_session_that_has_forgotten_its_brokers_is_over(transport: Kafka) -> None:
    tell(("a", 0))
    transport.relay(1)
    first = transport._relay
    assert first is not None

    first._brokers.told('{"brokers": {}}')
    with pytest.raises(NotDeliveredError, match="no broker is known"):
        first.step(1)


def test_a_topic_that_was_deleted_is_made_again(transport: Kafka) -> None:
    tell(("a", 1))
    transport.relay(500)
    name = prefixed("tests.thing")
    admin = AdminClient(configuration())
    admin.delete_topics([name])[name].result(10)
    tell(("a", 2))

    def work() -> None:
        try:
            transport.relay(500)
        except NotDeliveredError:
            transport.release(0)

    until(nothing_waits, work, seconds=60)

    assert first_seen(1) == {"a": [2]}


def test_a_relay_that_stops_waits_for_what_is_on_its_way() -> None:
    transport = Kafka()
    relay = Relay(transport)
    tell(*(("a", step) for step in range(100)))
    relay.step()
    tell(("a", 100))
    assert transport._relay is not None
    transport._relay._send(500)

    relay.stop()

    assert nothing_waits()
    assert first_seen(101) == {"a": list(range(101))}
    assert len(arrived(101)) == 101


def test_a_relay_that_has_lost_its_place_sends_no_more_and_keys_stay_in_order(
    servers: Servers,
) -> None:
    old, new = Kafka(), Kafka()
    for number, transport in enumerate((old, new)):
        tell(("warm", number))
        transport.relay(500)
    steps = [(thing, step) for step in range(20) for thing in "ab"]
    tell(*steps)

    with frozen(servers):
        old.relay(5)
        # It does not know yet, and sends beside the new one; then it does.
        new.relay(7)
        began = time.monotonic()
        old.release(0)
        seconds = time.monotonic() - began
        assert old._relay is None
    until(nothing_waits, lambda: new.relay(7))
    new.release(5)

    assert seconds < 3
    assert first_seen(42) == {"warm": [0, 1]} | {thing: list(range(20)) for thing in "ab"}


def test_two_relays_that_both_believe_to_be_the_one_leave_nothing_out(transport: Kafka) -> None:
    """What a lease that ends too early comes to: duplicates, and nothing else."""
    other = Kafka()
    steps = [(thing, step) for step in range(60) for thing in "abc"]
    tell(*steps)
    for both in (transport, other):
        both.relay(1)

    def in_turns() -> None:
        for both, limit in ((transport, 7), (other, 5)):
            assert both._relay is not None
            both._relay._send(limit)
        transport.relay(7)
        other.relay(5)

    until(nothing_waits, in_turns)
    other.release(5)
    sent = arrived(180)

    assert len(sent) > 180
    assert first_seen(180) == {thing: list(range(60)) for thing in "abc"}


@pytest.mark.postgres
def test_keys_stay_in_order_under_concurrent_writers(transport: Kafka) -> None:
    keys, writers, rounds = ("a", "b", "c"), 4, 25
    for key in keys:
        ConsumerGroup.objects.create(pk=key)

    def write() -> None:
        # The row of the key is locked, as services do; its number is the next step.
        for number in range(rounds):
            for key in keys:
                with transaction.atomic():
                    row = ConsumerGroup.objects.select_for_update().get(pk=key)
                    row.committed_offset += 1
                    row.save()
                    publish(Moved(thing=key, step=row.committed_offset))
                    if number % 5 == 0:
                        # Of a key of its own: written here, and visible later than what is above.
                        publish(Moved(thing=f"{key}-{row.committed_offset}", step=1))

    with ThreadPoolExecutor(max_workers=writers) as pool:
        at_work = [pool.submit(elsewhere, write) for _ in range(writers)]
        while not all(one.done() for one in at_work):
            transport.relay(7)
        for one in at_work:
            one.result()
    until(nothing_waits, lambda: transport.relay(7))
    seen = first_seen(writers * rounds * len(keys))

    for key in keys:
        assert seen[key] == list(range(1, writers * rounds + 1))
    assert len(seen) == len(keys) + writers * (rounds // 5) * len(keys)
