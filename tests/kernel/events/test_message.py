"""An event as a message, and messages that are none."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import orjson
import pytest

from contracts.codec import MalformedEventError
from contracts.envelope import Actor, Envelope
from kernel.events.message import has_nul, read, write

TOLD: dict[str, Any] = {
    "id_": "0194f1c2-0000-7000-8000-000000000001",
    "time": datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC),
    "tenant": "0194f1c2-0000-7000-8000-000000000002",
    "partition_key": '0194f1c2-0000-7000-8000-000000000002/a"\u00e4',
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
    "actor": Actor(type="user", id="7", name="Ada"),
}
DATA = {"thing": 'a"\u00e4', "step": 1}
ENVELOPE = Envelope.of("tests.thing.moved.v1", 'a"\u00e4', data=DATA, **TOLD)


def with_(**changes: Any) -> bytes:
    """Return the message of an event with attributes changed, or left out where None."""
    told = ENVELOPE.to_json() | changes
    return json.dumps({k: v for k, v in told.items() if v is not None}).encode()


def test_a_message_is_a_cloud_event_in_structured_mode() -> None:
    message = write("tests.thing.moved.v1", 'a"\u00e4', data=orjson.dumps(DATA), **TOLD)

    assert json.loads(message) == ENVELOPE.to_json()
    assert read(message) == read(message.encode()) == ENVELOPE


@pytest.mark.parametrize(
    "message",
    [
        with_(),
        with_(tenant=None),
        with_(tenant=""),
        with_(traceparent=None),
        with_(authtype=None, authid=None, authname=None),
        with_(id=ENVELOPE.id.upper()),
        with_(id=UUID(ENVELOPE.id).hex),
    ],
)
def test_what_may_be_left_out_or_written_otherwise_is_read(message: bytes) -> None:
    envelope = read(message)

    assert (envelope.type, envelope.subject) == (ENVELOPE.type, ENVELOPE.subject)
    assert UUID(envelope.id) == UUID(ENVELOPE.id)
    assert envelope.tenant in {"", ENVELOPE.tenant}


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    there = ENVELOPE.time.astimezone(timezone(timedelta(hours=2)))

    assert read(with_(time=there.isoformat())).time == ENVELOPE.time


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x00\xff",
        b"{",
        b"[" * 100_000,
        b"[]",
        b"7",
        with_(id=None),
        with_(id="7"),
        with_(id=7),
        with_(tenant="one"),
        with_(tenant=1),
        with_(type=None),
        with_(type=1),
        with_(subject=["a"]),
        with_(partitionkey=None),
        with_(partitionkey=1),
        with_(time="yesterday"),
        with_(time="2026-03-01T12:00:00"),
        with_(time=1),
        with_(data=None),
        with_(data=[1]),
    ],
)
def test_a_message_that_is_none_of_ours_is_malformed(message: bytes) -> None:
    with pytest.raises(MalformedEventError) as caught:
        read(message)

    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("text", "found"),
    [("\0", True), ("\\\0", True), ("\\u0000", False), ("\\\\u0000", False), ("a", False)],
)
def test_a_nul_is_told_from_what_looks_like_one(text: str, found: bool) -> None:
    assert has_nul(orjson.dumps({"a": text})) is found
