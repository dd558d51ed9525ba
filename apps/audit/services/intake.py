"""Taking in entries as they come, by whatever way."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from uuid import UUID

from django.db import transaction

from apps.audit.adapters.json_lines import Line
from apps.audit.domain.entries import Entry, EntryError
from apps.audit.domain.mappings import Mapping
from apps.audit.errors import BatchRefusedError
from apps.audit.services.recording import INGEST_BATCH, MAX_BATCH, Outcome, record_all
from kernel.errors import DomainError, InvalidInputError, LimitExceededError
from kernel.faults import fault_point
from kernel.tenancy.context import current_principal

#: What records entries; the errors among them, of lines that are none, stay in their places.
Record = Callable[[Sequence[Entry | DomainError]], list[Outcome]]


@dataclass(frozen=True, slots=True)
class Became:
    """What became of the entry on a line. Not the log itself: of many, these are held."""

    line: int
    log_id: UUID | None = None
    new: bool = False
    error: DomainError | None = None


@dataclass(slots=True)
class Taken:
    """What became of entries so far, in the order of their lines."""

    lines: list[Became] = field(default_factory=list)

    @property
    def recorded(self) -> int:
        """How many are recorded that were not before."""
        return sum(one.new for one in self.lines)

    @property
    def problems(self) -> int:
        """How many are not recorded."""
        return sum(one.error is not None for one in self.lines)


def take_in(lines: Iterable[Line], mapping: Mapping, taken: Taken) -> None:
    """Record entries as they come, in transactions of 500, and tell `taken` what became of each.

    Where the lines break, what came before is recorded, and their error raised.
    """
    coming = _UpToTheBreak(lines)
    while batch := list(islice(coming, INGEST_BATCH)):
        taken.lines += _recorded(batch, mapping, record_good)
        fault_point("audit-taken-in")
    if coming.broken is not None:
        raise coming.broken


def take_in_whole(lines: Iterable[Line], mapping: Mapping, taken: Taken) -> None:
    """Record all of the entries in one transaction, at most 1,000, or none of them.

    Raises BatchRefusedError when one has an error, LimitExceededError, and what the lines raise.
    """
    batch = list(islice(lines, MAX_BATCH + 1))
    if len(batch) > MAX_BATCH:
        raise LimitExceededError(f"all or nothing: at most {MAX_BATCH} entries a body")
    taken.lines += _recorded(batch, mapping, record_whole)
    if taken.problems:
        raise BatchRefusedError("an entry has an error, so none is recorded")


def record_good(entries: Sequence[Entry | DomainError]) -> list[Outcome]:
    """Record what are entries, and leave the errors in their places; see `record_all`."""
    told = iter(record_all([one for one in entries if isinstance(one, Entry)]))
    return [next(told) if isinstance(one, Entry) else Outcome(error=one) for one in entries]


def record_whole(entries: Sequence[Entry | DomainError]) -> list[Outcome]:
    """Record all of the entries or, when one has an error, none of them; see `record_all`."""
    with transaction.atomic():
        outcomes = record_good(entries)
        bad = sum(one.error is not None for one in outcomes)
        if not bad:
            return outcomes
        transaction.set_rollback(True)
    left_out = BatchRefusedError(f"{bad} of {len(entries)} entries have an error")
    return [one if one.error else Outcome(error=left_out) for one in outcomes]


def keyed_by(key: str, lines: Iterable[Line]) -> Iterator[Line]:
    """Give lines without an idempotency key of their own one by the request's key and their number.

    Of whom it is counts, too: two callers may choose the same.
    """
    principal = current_principal()
    whole = f"{principal.kind}:{principal.id}\n{key}"
    begins = f"request:{hashlib.sha256(whole.encode()).hexdigest()}"
    for line in lines:
        if line.record is None or line.record.get("idempotencyKey"):
            yield line
        else:
            record = line.record | {"idempotencyKey": f"{begins}:{line.number}"}
            yield replace(line, record=record)


class _UpToTheBreak:
    """Lines up to where they break, which is then told."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = iter(lines)
        self.broken: DomainError | None = None

    def __iter__(self) -> Iterator[Line]:
        return self

    def __next__(self) -> Line:
        if self.broken is not None:
            raise StopIteration
        try:
            return next(self._lines)
        except DomainError as error:
            self.broken = error
            raise StopIteration from None


def _recorded(lines: Sequence[Line], mapping: Mapping, record: Record) -> list[Became]:
    """Record the lines that are entries; return what became of each line, in their order."""
    outcomes = record([_read(line, mapping) for line in lines])
    return [
        Became(line.number, one.log_id, one.new, one.error)
        for line, one in zip(lines, outcomes, strict=True)
    ]


def _read(line: Line, mapping: Mapping) -> Entry | DomainError:
    if line.record is None:
        return InvalidInputError(line.problem)
    try:
        return mapping(line.record)
    except EntryError as error:
        return InvalidInputError(str(error))
