"""Messages without a broker."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from confluent_kafka import KafkaError

from contracts.envelope import Envelope


@dataclass(frozen=True)
class Fake:
    """A message as the client brings it."""

    at: int
    of: bytes | None = b"-/a"
    holds: bytes | None = b"{}"
    part: int = 0
    where: str = "tests.thing"
    told: Mapping[str, bytes | None] = field(default_factory=dict)
    milliseconds: int = 1_750_000_000_000

    def topic(self) -> str:
        return self.where

    def partition(self) -> int:
        return self.part

    def offset(self) -> int:
        return self.at

    def timestamp(self) -> tuple[int, int]:
        return 1, self.milliseconds

    def key(self) -> bytes | None:
        return self.of

    def value(self) -> bytes | None:
        return self.holds

    def headers(self) -> list[tuple[str, bytes | None]] | None:
        return list(self.told.items())

    def error(self) -> KafkaError | None:
        return None

    def __len__(self) -> int:
        return len(self.holds or b"")


def message_of(envelope: Envelope, at: int = 0) -> Fake:
    """Return an event as its message."""
    return Fake(at, envelope.partition_key.encode(), orjson.dumps(envelope.to_json()))
