"""Recording: once for each idempotency key, and for ever."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.db import transaction

from apps.audit.adapters.json_lines import Line
from apps.audit.domain.entries import Entry, EntryError
from apps.audit.domain.mappings import Mapping as EntryMapping
from apps.audit.errors import BatchRefusedError
from apps.audit.models import AuditLog, KnownKey
from apps.audit.selectors.subjects import personal_is_gone, tells_the_same
from apps.audit.services.drafting import Draft, drafted
from apps.audit.services.judging import InForce, Judgement, Warned, judge
from apps.audit.services.sealing import seal_soon
from apps.audit.services.storing import way_of
from contracts.audit import AuditLogsRecorded, AuditSchemaViolated
from kernel.errors import ConflictError, DomainError, LimitExceededError
from kernel.events.publishing import publish, publish_all

#: The most entries that one call records.
MAX_BATCH = 1_000
#: Lines of a file in one transaction: about 30 ms on SQLite.
INGEST_BATCH = 500

#: Logs that one event about a schema names.
MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry: its log, new or recorded before, or why there is none."""

    stored: AuditLog | Draft | None = None
    new: bool = False
    error: DomainError | None = None

    @property
    def log_id(self) -> UUID | None:
        """The id of the log."""
        return self.stored.id if self.stored else None

    @property
    def log(self) -> AuditLog | None:
        """The log."""
        return self.stored.log() if isinstance(self.stored, Draft) else self.stored


def record(entry: Entry) -> AuditLog:
    """Record one entry. A repeated idempotency key returns the log of the first time.

    Raises InvalidInputError, or ConflictError when the key stands for another entry.
    """
    return _log_of(record_all([entry])[0])


def record_all(
    entries: Sequence[Entry], *, told: bool = True, all_or_nothing: bool = False
) -> list[Outcome]:
    """Record many entries in one transaction and say in their order what became of each.

    A bad entry is left out and the others are recorded; `all_or_nothing` leaves out all of them
    then, each with an error that says so. Sending the same entries again changes nothing, as far as
    they carry idempotency keys. `told`: an event says that they were recorded.
    """
    if len(entries) > MAX_BATCH:
        raise LimitExceededError(f"at most {MAX_BATCH} entries a call, found {len(entries)}")
    drafts = drafted(entries)
    # Of the trail no schema keeps anything out: it would be a way to leave no trace.
    sound = {n: entries[n] for n, draft in enumerate(drafts) if isinstance(draft, Draft)}
    judgement = judge(sound) if told else Judgement()
    refused = _not_told_before(judgement.refused, drafts)
    drafts = [refused.get(number, draft) for number, draft in enumerate(drafts)]
    try:
        return _store(drafts, judgement.warned, told=told, all_or_nothing=all_or_nothing)
    except _Refused as refused:
        return refused.outcomes


def record_event(entry: Entry) -> AuditLog:
    """Record what an event told. An event about that would only tell it again.

    Raises InvalidInputError when it cannot be recorded.
    """
    return record_events([entry])[0]


def record_events(entries: Sequence[Entry]) -> list[AuditLog]:
    """Record the entries of one event. When one raises, the caller's transaction is undone."""
    return [_log_of(outcome) for outcome in record_all(entries, told=False)]


@dataclass(slots=True)
class Report:
    """How far the reading of a file has come."""

    read: int = 0
    recorded: int = 0
    known: int = 0
    problems: int = 0


def ingest(
    lines: Iterable[Line],
    mapping: EntryMapping,
    *,
    on_problem: Callable[[int, str], None],
    on_progress: Callable[[Report], None],
) -> Report:
    """Record every line that is an entry, in transactions of 500; tell of each that is not.

    Broken off at any moment it can be started again from the beginning: what is recorded already
    is passed over.
    """
    report = Report()
    remaining = iter(lines)
    while batch := list(islice(remaining, INGEST_BATCH)):
        numbers, entries = [], []
        for line in batch:
            try:
                entries.append(_entry(line, mapping))
                numbers.append(line.number)
            except EntryError as error:
                report.problems += 1
                on_problem(line.number, str(error))
        for number, outcome in zip(numbers, record_all(entries), strict=True):
            if outcome.error:
                report.problems += 1
                on_problem(number, str(outcome.error))
            elif outcome.new:
                report.recorded += 1
            else:
                report.known += 1
        report.read += len(batch)
        on_progress(report)
    return report


def _not_told_before(
    refused: Mapping[int, DomainError], drafts: Sequence[Draft | DomainError]
) -> Mapping[int, DomainError]:
    """Leave out whose keys are known: what was recorded under another schema stays recorded."""
    keys = {
        number: draft.idempotency_key
        for number in refused
        if isinstance(draft := drafts[number], Draft) and draft.idempotency_key is not None
    }
    if not keys:
        return refused
    known = _known_of(set(keys.values()))
    return {number: error for number, error in refused.items() if keys.get(number) not in known}


def _log_of(outcome: Outcome) -> AuditLog:
    log = outcome.log
    if log is None:
        raise outcome.error or RuntimeError("an entry has neither a log nor an error")
    return log


def _entry(line: Line, mapping: EntryMapping) -> Entry:
    if line.record is None:
        raise EntryError(line.problem)
    return mapping(line.record)


class _Refused(Exception):  # noqa: N818  no fault: it ends the transaction
    """A batch of which nothing is recorded."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        super().__init__()
        self.outcomes = outcomes


@transaction.atomic
def _store(
    drafts: Sequence[Draft | DomainError],
    warned: Sequence[Warned],
    *,
    told: bool,
    all_or_nothing: bool,
) -> list[Outcome]:
    _know_again(drafts)
    first = _first_of_each_key(drafts)
    way = way_of(list(first.values()))
    # From here on the keys of those that are new are used.
    outcomes = _judged(drafts, first, way.use_keys())
    bad = sum(outcome.error is not None for outcome in outcomes)
    if all_or_nothing and bad:
        left_out = BatchRefusedError(f"{bad} of {len(outcomes)} entries have an error")
        raise _Refused([Outcome(error=left_out) if one.new else one for one in outcomes])
    fresh = [one.stored for one in outcomes if isinstance(one.stored, Draft) and one.new]
    if not fresh:
        return outcomes
    way.store(fresh)
    if told:
        publish(AuditLogsRecorded(first_log_id=str(fresh[0].id), count=len(fresh)))
    _tell_warned(warned, outcomes)
    transaction.on_commit(seal_soon, robust=True)
    return outcomes


def _tell_warned(warned: Sequence[Warned], outcomes: Sequence[Outcome]) -> None:
    """Tell which logs do not fit a schema that only warns, an event for each such version."""
    found: dict[InForce, list[tuple[str, str]]] = {}
    for one in warned:
        outcome = outcomes[one.number]
        if outcome.new:
            found.setdefault(one.schema, []).append((str(outcome.log_id), one.violation.path))
    publish_all(
        [
            AuditSchemaViolated(
                action=schema.action,
                version=schema.version,
                count=len(logs),
                log_ids=tuple(log_id for log_id, _ in logs[:MOST_NAMED]),
                path=logs[0][1],
            )
            for schema, logs in found.items()
        ]
    )


def _know_again(drafts: Sequence[Draft | DomainError]) -> None:
    """Give content that was recorded under other rules of what is personal its key of then."""
    again = [one for one in drafts if isinstance(one, Draft) and one.former_keys]
    if not again:
        return
    known = _known_of({key for one in again for key in (*one.former_keys, one.idempotency_key)})
    for one in again:
        if one.idempotency_key not in known:
            for key in known.intersection(one.former_keys):
                one.idempotency_key, one.sha256 = key, one.former_keys[key]


def _known_of(keys: Collection[str | None]) -> set[str]:
    return set(KnownKey.objects.filter(key__in=keys).values_list("key", flat=True))


def _first_of_each_key(drafts: Sequence[Draft | DomainError]) -> dict[str | UUID, Draft]:
    """Return the drafts that are recorded unless their keys are used already."""
    first: dict[str | UUID, Draft] = {}
    for draft in drafts:
        if isinstance(draft, Draft):
            first.setdefault(draft.idempotency_key or draft.id, draft)
    return first


def _judged(
    drafts: Sequence[Draft | DomainError],
    first: Mapping[str | UUID, Draft],
    known: Mapping[str, KnownKey],
) -> list[Outcome]:
    """Say what becomes of each draft."""
    logs = AuditLog.objects.in_bulk([key.log_id for key in known.values()]) if known else {}
    return [
        Outcome(error=draft)
        if isinstance(draft, DomainError)
        else _outcome(draft, first, known, logs)
        for draft in drafts
    ]


def _outcome(
    draft: Draft,
    first: Mapping[str | UUID, Draft],
    known: Mapping[str, KnownKey],
    logs: Mapping[UUID, AuditLog],
) -> Outcome:
    key = draft.idempotency_key
    if key is None:
        return Outcome(draft, new=True)
    used = known.get(key)
    sha256 = bytes(used.content_sha256) if used else first[key].sha256
    log = logs.get(used.log_id) if used else None
    if sha256 != draft.sha256 and not (log and _told_again(draft, log)):
        return Outcome(
            error=ConflictError(f"the idempotency key {key!r} was used for another entry")
        )
    if used is None:
        return Outcome(first[key], new=first[key] is draft)
    if log is None:
        return Outcome(error=ConflictError(f"the log of the idempotency key {key!r} is gone"))
    return Outcome(log)


def _told_again(draft: Draft, log: AuditLog) -> bool:
    """Say whether a log may tell what a draft does, though their digests differ."""
    # What a log was compared by may have gone with a subject's key: who tells it again is believed.
    if personal_is_gone(log):
        return True
    # Under rules of what is personal that were others then, its digest was another.
    return draft.told is not None and tells_the_same(log, draft.told)
