"""Dead letters are told on a topic as well, at least once, and the rows stay the truth."""

import json
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException

from kernel.errors import ConflictError
from kernel.events.inbox import redeliver
from kernel.events.kafka import dead_letters
from kernel.events.kafka.client import configuration, prefixed
from kernel.events.kafka.dead_letters import DeadLetters
from kernel.events.kafka.receiving import receive
from kernel.events.models import OutboxEvent, Redelivery
from kernel.events.replay import replay_dead
from tests.kernel.events.factories import Failing, group, only_group, tell
from tests.kernel.events.kafka.messages import Fake, message_of

pytestmark = pytest.mark.django_db(transaction=True)
GROUP = "tests.watch"


def told(count: int) -> list[Any]:
    """Return the messages of the group's topic of dead letters."""
    consumer = Consumer(configuration(group_id=prefixed("look"), auto_offset_reset="earliest"))
    consumer.subscribe([prefixed(f"{GROUP}.dlq")])
    try:
        return [*consumer.consume(count, timeout=20), *consumer.consume(1, timeout=0.3)]
    finally:
        consumer.close()


def one_that_fails() -> Fake:
    group(fails=Failing(("a", 1), error=ConflictError("there is one already")))
    tell(("a", 1))
    return message_of(OutboxEvent.objects.get().envelope(), at=4)


@pytest.mark.live
@pytest.mark.usefixtures("kafka")
def test_a_dead_letter_is_told_once_with_its_reason_and_where_it_is_from() -> None:
    message = one_that_fails()
    receive(only_group(), [message, Fake(9, b"-/b", b"{", part=2)])
    letters = DeadLetters()

    counts = [letters.tell([GROUP]), letters.tell([GROUP]), letters.tell([])]

    assert counts == [2, 0, 0]
    broken, event = sorted(told(2), key=len)
    headers = dict(event.headers())
    row = Redelivery.objects.get(event_id=json.loads(event.value())["id"])
    assert (event.key(), json.loads(event.value())) == (b"-/a", row.envelope)
    assert row.first_failed_at
    assert row.last_failed_at
    assert headers == {
        "__connect.errors.topic": b"tests.thing",
        "__connect.errors.partition": b"0",
        "__connect.errors.offset": b"4",
        "__connect.errors.connector.name": b"tests.watch",
        "__connect.errors.exception.class.name": b"kernel.errors.ConflictError",
        "__connect.errors.exception.message": b"there is one already",
        "septet.errors.timestamp": b"1750000000000",
        "septet.errors.key": b"-/a",
        "septet.errors.group": b"tests.watch",
        "septet.errors.code": b"CONFLICT",
        "septet.errors.attempt": b"1",
        "septet.errors.first.failure": row.first_failed_at.isoformat().encode(),
        "septet.errors.last.failure": row.last_failed_at.isoformat().encode(),
        "traceparent": row.envelope["traceparent"].encode(),
        "content-type": b"application/cloudevents+json; charset=UTF-8",
    }
    assert (broken.key(), broken.value()) == (b"-/b", b"{")
    assert dict(broken.headers())["__connect.errors.partition"] == b"2"


@pytest.mark.live
@pytest.mark.usefixtures("kafka")
def test_what_becomes_a_dead_letter_again_is_told_again() -> None:
    message = one_that_fails()
    receive(only_group(), [message])
    letters = DeadLetters()
    letters.tell([GROUP])

    replay_dead(Redelivery.objects.all())
    between = letters.tell([GROUP])
    redeliver(only_group(), 10)

    assert (between, letters.tell([GROUP]), len(told(2))) == (0, 1, 2)


def test_a_dead_letter_waits_for_brokers_that_are_away_and_holds_up_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, asked = [100.0], []

    def away(_topics: object) -> list[str]:
        asked.append(now[0])
        raise KafkaException("the brokers are away")

    monkeypatch.setattr(dead_letters, "make_missing", away)
    monkeypatch.setattr("kernel.events.kafka.dead_letters.time.monotonic", lambda: now[0])
    message = one_that_fails()
    receive(only_group(), [message])
    letters = DeadLetters()

    counts = []
    for _ in range(4):
        counts.append(letters.tell([GROUP]))
        now[0] += 30

    assert counts == [0, 0, 0, 0]
    assert asked == [100.0, 160.0]
    assert Redelivery.objects.filter(told=False, state="dead").count() == 1
