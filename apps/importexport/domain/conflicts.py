"""What may be wrong with a row that is right by itself: by other rows, there or in the source."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from contracts.datasets import Mode

#: A row's key or unique values; None where one of them has no value, which is like no other.
Value = tuple[Any, ...] | None


class Conflict(StrEnum):
    """Codes are added, never renamed."""

    #: An earlier row of the source has the same key.
    DUPLICATE = "DUPLICATE"
    #: A row with the key is there already.
    EXISTS = "EXISTS"
    #: No row with the key is there to be updated.
    MISSING = "MISSING"
    #: Another row has this value of a unique field.
    NOT_UNIQUE = "NOT_UNIQUE"
    #: The row that a relation names is not there.
    NO_SUCH_ROW = "NO_SUCH_ROW"


MESSAGES = {
    Conflict.DUPLICATE: "an earlier row of the source has the same key",
    Conflict.EXISTS: "there is a row with this key already",
    Conflict.MISSING: "there is no row with this key to be updated",
    Conflict.NOT_UNIQUE: "another row has this value, which is to be unique",
    Conflict.NO_SUCH_ROW: "there is no such row",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A row that cannot be brought, by its position in the piece; `column` is the field."""

    position: int
    code: str
    message: str
    column: str = ""


def conflicting(position: int, code: Conflict, *, column: str, about: str = "") -> Refused:
    """Return a refusal as it is told; `about` is the dataset that a relation leads to."""
    said = MESSAGES[code]
    message = f"{said} in {about}" if about else said
    return Refused(position=position, code=str(code), message=message, column=column)


@dataclass
class Seen:
    """Keys and unique values of rows that were taken, by the field; "" is the key."""

    values: dict[str, set[Value]] = field(default_factory=dict)

    def taken(self, column: str, value: Value) -> bool:
        """Say whether a row that was taken has this value."""
        return value is not None and value in self.values.get(column, ())

    def take(self, column: str, value: Value) -> None:
        """Remember the value of a row that is taken."""
        if value is not None:
            self.values.setdefault(column, set()).add(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """What was there before a piece, by the positions of those of its rows that it concerns."""

    #: The rows whose key is there: whether this import has brought it.
    found: Mapping[int, bool]
    #: The fields whose values other rows have.
    taken: Mapping[int, Collection[str]]
    #: The fields whose values rows of earlier pieces have that are not in the table; "" is the key.
    seen: Mapping[int, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Says of rows, one after the other, whether they can be brought.

    A row that is refused is none that a later one repeats. A unique value is compared with the
    table as it is before the piece: one that an update of the same piece would free is taken still.
    """

    mode: Mode
    #: What the fields of the key, and each that is unique, are called.
    key: str
    unique: Sequence[str]
    there: There
    seen: Seen = field(default_factory=Seen)

    def refused(self, rows: Iterable[tuple[int, Value, Sequence[Value]]]) -> list[Refused]:
        """Return which of these, each with its position, key and unique values, are refused."""
        found = []
        for position, own, others in rows:
            refusal = self._refusal(position, own, others)
            if refusal is not None:
                found.append(refusal)
                continue
            self.seen.take("", own)
            for name, value in zip(self.unique, others, strict=True):
                self.seen.take(name, value)
        return found

    def concerns(self, position: int) -> bool:
        """Say whether a row may be refused by what was there before the piece."""
        if position in self.there.seen:
            return True
        ours = self.there.found.get(position)
        if ours is None:
            return self.mode is Mode.UPDATE or position in self.there.taken
        return ours or self.mode is Mode.INSERT or position in self.there.taken

    def _refusal(self, position: int, own: Value, others: Sequence[Value]) -> Refused | None:
        ours = self.there.found.get(position)
        before = self.there.seen.get(position, ())
        if ours or "" in before or self.seen.taken("", own):
            return conflicting(position, Conflict.DUPLICATE, column=self.key)
        if ours is not None and self.mode is Mode.INSERT:
            return conflicting(position, Conflict.EXISTS, column=self.key)
        if ours is None and self.mode is Mode.UPDATE:
            return conflicting(position, Conflict.MISSING, column=self.key)
        taken = self.there.taken.get(position, ())
        for name, value in zip(self.unique, others, strict=True):
            if name in taken or name in before or self.seen.taken(name, value):
                return conflicting(position, Conflict.NOT_UNIQUE, column=name)
        return None
