"""From messages to handlers and dead letters: what is no event of ours holds up nothing."""

import json
from dataclasses import replace

import pytest
from django.test import override_settings

from kernel.events.inbox import redeliver
from kernel.events.kafka import receiving
from kernel.events.kafka.receiving import receive
from kernel.events.models import Handled, OutboxEvent, Redelivery
from kernel.events.replay import replay_dead
from tests.kernel.events.factories import Seen, group, only_group, tell
from tests.kernel.events.kafka.messages import Fake, message_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen() -> list[Seen]:
    return group()


def told(thing: str, step: int = 1) -> Fake:
    """Return the message of an event."""
    OutboxEvent.objects.all().delete()
    tell((thing, step))
    return message_of(OutboxEvent.objects.get().envelope(), at=step)


def changed(**attributes: object) -> bytes:
    """Return a good event with some attributes changed, as its bytes."""
    return json.dumps(json.loads(told("a").holds or b"") | attributes).encode()


def test_events_are_handled_once_and_tombstones_passed_over(seen: list[Seen]) -> None:
    message = told("a")

    receive(only_group(), [message, replace(message, at=2, holds=None), replace(message, at=3)])

    assert seen == [("a", 1)]
    assert (Handled.objects.count(), Redelivery.objects.count()) == (1, 0)


def test_a_type_that_the_group_does_not_handle_is_passed_over(seen: list[Seen]) -> None:
    receive(only_group(), [Fake(1, holds=changed(type="tests.thing.stopped.v1"))])

    assert (seen, Handled.objects.count(), Redelivery.objects.count()) == ([], 0, 0)


MALFORMED = {
    "no JSON": b"{",
    "no UTF-8": b"\xff\xfe",
    "no object": b"[1]",
    "no CloudEvent": b'{"thing": "a"}',
    "empty": b"",
    "a NUL": b'{"id": "\\u0000"}',
}


@pytest.mark.parametrize("value", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_event_is_a_dead_letter_with_its_bytes_and_others_go_on(
    value: bytes, seen: list[Seen]
) -> None:
    messages = [Fake(7, holds=value, part=2), told("b")]

    for _ in range(2):
        receive(only_group(), messages)

    assert seen == [("b", 1)]
    letter = Redelivery.objects.get()
    assert (letter.state, letter.attempts, letter.partition_key) == ("dead", 1, "-/a")
    assert bytes(letter.message or b"") == value
    assert letter.error_class == "contracts.codec.MalformedEventError"
    assert letter.error_code == "EVENT_MALFORMED"
    assert letter.origin == {
        "topic": "tests.thing",
        "partition": 2,
        "offset": 7,
        "timestamp": 1_750_000_000_000,
        "size_bytes": len(value),
    }


WRONG = {
    "id": {"id": "7"},
    "tenant": {"tenant": "acme"},
    "time": {"time": "2026-03-01T12:00:00"},
    "type": {"type": "x" * 101},
    "partition key": {"partitionkey": "x" * 301},
    "data": {"data": [1]},
}


@pytest.mark.parametrize("attributes", WRONG.values(), ids=WRONG)
def test_an_event_with_an_attribute_that_cannot_be_is_a_dead_letter(
    attributes: dict[str, object], seen: list[Seen]
) -> None:
    value = changed(**attributes)

    receive(only_group(), [Fake(7, holds=value)])

    letter = Redelivery.objects.get()
    assert (seen, letter.state, bytes(letter.message or b"")) == ([], "dead", value)


def test_of_what_is_too_large_the_beginning_is_kept(
    seen: list[Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MOST_BYTES", 1_000)
    monkeypatch.setattr(receiving, "KEPT_BYTES", 10)

    receive(only_group(), [Fake(7, holds=changed(subject="x" * 1_000)), told("b")])

    letter = Redelivery.objects.get()
    assert seen == [("b", 1)]
    assert (letter.state, bytes(letter.message or b"")) == ("dead", b'{"specvers')
    assert letter.origin["size_bytes"] > 1_000
    assert letter.error_message.endswith("bytes, which is more than 1,000")


def test_a_type_of_a_later_release_is_a_dead_letter_that_can_be_replayed_there(
    seen: list[Seen],
) -> None:
    receive(only_group(), [Fake(7, holds=changed(type="tests.thing.lifted.v1")), told("b")])
    letter = Redelivery.objects.get()
    before = (letter.state, letter.type, letter.error_class)

    # The later release knows it, and handles it.
    Redelivery.objects.update(type="tests.thing.moved.v1")
    letter.envelope["type"] = "tests.thing.moved.v1"
    Redelivery.objects.update(envelope=letter.envelope)
    replay_dead(Redelivery.objects.all())
    redeliver(only_group(), 10)

    assert before == (
        "dead",
        "tests.thing.lifted.v1",
        "contracts.envelope.UnknownEventTypeError",
    )
    assert seen == [("b", 1), ("a", 1)]


def test_what_is_no_event_stays_a_dead_letter_with_its_reason_when_it_is_replayed(
    seen: list[Seen],
) -> None:
    receive(only_group(), [Fake(7, holds=b"{")])
    before = Redelivery.objects.get()

    replay_dead(Redelivery.objects.all())
    redeliver(only_group(), 10)

    after = Redelivery.objects.get()
    assert (after.state, after.attempts) == ("dead", 1)
    assert (after.error_class, after.error_message) == (before.error_class, before.error_message)


def test_a_topic_is_told_without_what_the_cluster_adds(seen: list[Seen]) -> None:
    with override_settings(KAFKA_PREFIX="test-"):
        receive(only_group(), [Fake(7, holds=b"{", where="test-tests.thing")])

    assert Redelivery.objects.get().origin["topic"] == "tests.thing"
