"""What an archive's file holds of a log, and what can be asked of its columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

#: Logs of a group: what is in memory together, and what is read to see one of them.
GROUP = 16_384
#: About how many bytes of records a group holds; one record has 200,000 at most.
GROUP_BYTES = 32_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """A log as an archive holds it; without a record where only its place was kept."""

    id: UUID
    position: int
    occurred_at: datetime
    action: str
    actor_id: str
    words: str
    record: bytes


COLUMNS = tuple(Row.__dataclass_fields__)
#: What is left of a log that was let go.
PLACES = ("id", "position", "occurred_at", "action")


@dataclass(frozen=True, slots=True)
class Group:
    """Which logs are in a group, by its statistics."""

    number: int
    logs: int
    first_id: UUID
    last_id: UUID
    first_position: int
    last_position: int
    occurred_from: datetime
    occurred_to: datetime


@dataclass(frozen=True, slots=True)
class Sought:
    """What of a search columns can tell; what they cannot is looked for in what they let pass."""

    occurred_from: datetime | None = None
    occurred_before: datetime | None = None
    actions: Sequence[str] | None = None
    actor_id: str | None = None
    #: Each stands for some word: see `domain.search.fits`.
    tokens: Sequence[str] = ()
    #: Parts of words.
    parts: Sequence[str] = ()
    #: Texts that occur in the record.
    inside: Sequence[str] = ()
