"""What a member of a group is configured with, and when it is over."""

import json
import time

import pytest
from confluent_kafka import Consumer, KafkaException
from django.conf import settings

from kernel.events.kafka import client, membership
from kernel.events.kafka.backlog import Backlog
from kernel.events.kafka.consuming import Desk, Reader
from kernel.events.kafka.membership import group_configuration, topics_of
from kernel.events.registry import consumes
from tests.kernel.events.factories import Moved, Stopped, group, only_group
from tests.kernel.events.kafka.messages import Fake


@pytest.fixture(autouse=True)
def _brokers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "KAFKA_BOOTSTRAP_SERVERS", ("127.0.0.1:1",))
    monkeypatch.setattr(settings, "KAFKA_PREFIX", "test-")


@pytest.mark.parametrize("protocol", ["consumer", "classic"])
def test_the_client_takes_the_configuration_of_both_protocols(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "KAFKA_GROUP_PROTOCOL", protocol)

    told = group_configuration("tests.watch")
    Consumer(told).close()

    assert told["group.id"] == "test-tests.watch"
    assert told["enable.auto.offset.store"] is False
    # The brokers decide these, and the client refuses them, where it is not classic.
    assert ("session.timeout.ms" in told) == (protocol == "classic")


def test_a_group_begins_from_the_oldest_and_has_no_name_unless_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = group_configuration("tests.watch")
    monkeypatch.setattr(settings, "KAFKA_OFFSET_RESET", {"tests.watch": "end"})
    monkeypatch.setattr(settings, "KAFKA_INSTANCE_ID", "pod-3")

    after, other = group_configuration("tests.watch"), group_configuration("tests.other")

    assert before["auto.offset.reset"] == other["auto.offset.reset"] == "earliest"
    assert "group.instance.id" not in before
    assert (after["auto.offset.reset"], after["group.instance.id"]) == ("latest", "pod-3")


def test_a_group_reads_each_topic_of_its_types_once() -> None:
    consumes(Moved, Stopped, group="tests.watch")(lambda _event: None)

    assert topics_of(only_group()) == ["test-tests.thing"]


@pytest.mark.parametrize(("concurrency", "hands"), [({}, 3), ({"tests.watch": 1}, 1)])
def test_no_more_threads_work_for_a_group_than_it_is_given(
    concurrency: dict[str, int], hands: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "CONSUMER_CONCURRENCY", concurrency)
    group()
    loops = Desk([only_group()], 3).loops()
    reader = loops["reader tests.watch"]()

    reader._backlog.add([Fake(0, b"a"), Fake(1, b"b"), Fake(2, b"c")])  # type: ignore[attr-defined]
    taken = [reader._backlog.take(1) for _ in range(3)]  # type: ignore[attr-defined]

    assert len([some for some in taken if some]) == hands
    assert sorted(loops) == ["again", "handler-0", "handler-1", "handler-2", "reader tests.watch"]


COORDINATOR = {"GroupCoordinator": {"source": "logical", "state": "UP"}}
LEARNED = {"10.0.0.1:9092/1": {"source": "learned", "state": "DOWN"}}


@pytest.mark.parametrize(
    ("brokers", "is_over"), [(COORDINATOR, True), (COORDINATOR | LEARNED, False)]
)
def test_a_member_that_has_forgotten_all_brokers_is_followed_by_another(
    brokers: dict[str, dict[str, str]], is_over: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(membership, "make_missing", lambda _topics: [])
    group()
    desk = Desk([only_group()], 1)
    desk.paused = frozenset()
    reader = Reader(desk, only_group(), Backlog(desk.changed, hands=1))
    reader.step()
    first = reader._member
    assert first

    # As the client tells it, of which `statistics.interval.ms` asks.
    first._brokers.told(json.dumps({"brokers": brokers}))
    if is_over:
        with pytest.raises(KafkaException, match="no broker is known"):
            reader.step()
        reader.lost()
    reader.step()

    assert (reader._member is not first) == is_over
    reader.stop()


def test_a_member_is_told_by_its_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "make_missing", lambda _topics: [])
    monkeypatch.setattr(client, "STATISTICS_SECONDS", 1)
    told: list[str] = []
    monkeypatch.setattr(client.Brokers, "told", lambda _self, text: told.append(text))
    group()
    member = membership.Membership(only_group(), lambda _partitions: {})

    ends_at = time.monotonic() + 30
    while not told and time.monotonic() < ends_at:
        member.read(1, 0.1)

    sources = [broker["source"] for broker in json.loads(told[0])["brokers"].values()]
    assert sorted(sources) == ["configured", "logical"]
    member.close()
