"""Recording: once for each idempotency key, and for ever."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice

from django.db import IntegrityError, transaction

from apps.audit.adapters.json_lines import Line
from apps.audit.domain.entries import Entry, EntryError
from apps.audit.domain.mappings import Mapping
from apps.audit.domain.search import stored_tokens
from apps.audit.models import AuditLog, AuditLogTarget
from contracts.audit import AuditLogsRecorded
from kernel.errors import ConflictError, DomainError, InvalidInputError, LimitExceededError
from kernel.events.publishing import publish
from kernel.tenancy.context import current_tenant_id

#: The most entries that one call records.
MAX_BATCH = 1_000
#: Lines of a file in one transaction: about 30 ms on SQLite.
INGEST_BATCH = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry: its log, new or recorded before, or why there is none."""

    log: AuditLog | None = None
    new: bool = False
    error: DomainError | None = None


def record(entry: Entry) -> AuditLog:
    """Record one entry. A repeated idempotency key returns the log of the first time.

    Raises InvalidInputError, or ConflictError when the key stands for another entry.
    """
    return _log_of(record_all([entry])[0])


def record_all(entries: Sequence[Entry], *, told: bool = True) -> list[Outcome]:
    """Record many entries in one transaction and say in their order what became of each.

    A bad entry is left out and the others are recorded. Sending the same entries again changes
    nothing, as far as they carry idempotency keys. `told`: an event says that they were recorded.
    """
    if len(entries) > MAX_BATCH:
        raise LimitExceededError(f"at most {MAX_BATCH} entries a call, found {len(entries)}")
    drafts = [_draft(entry) for entry in entries]
    try:
        return _store(drafts, told=told)
    except IntegrityError:
        # Somebody recorded one of the keys in between; now it is seen as recorded before.
        return _store(drafts, told=told)


def record_event(entry: Entry) -> AuditLog:
    """Record what an event told. An event about that would only tell it again.

    Raises InvalidInputError when it cannot be recorded.
    """
    return _log_of(record_all([entry], told=False)[0])


@dataclass(slots=True)
class Report:
    """How far the reading of a file has come."""

    read: int = 0
    recorded: int = 0
    known: int = 0
    problems: int = 0


def ingest(
    lines: Iterable[Line],
    mapping: Mapping,
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


def _log_of(outcome: Outcome) -> AuditLog:
    if outcome.log is None:
        raise outcome.error or RuntimeError("an entry has neither a log nor an error")
    return outcome.log


def _entry(line: Line, mapping: Mapping) -> Entry:
    if line.record is None:
        raise EntryError(line.problem)
    return mapping(line.record)


@transaction.atomic
def _store(drafts: Sequence[AuditLog | DomainError], *, told: bool) -> list[Outcome]:
    known = _recorded_before([draft for draft in drafts if isinstance(draft, AuditLog)])
    outcomes, fresh = [], []
    for draft in drafts:
        if isinstance(draft, DomainError):
            outcomes.append(Outcome(error=draft))
            continue
        earlier = known.get(draft.idempotency_key)
        if earlier is None:
            fresh.append(draft)
            outcomes.append(Outcome(log=draft, new=True))
            if draft.idempotency_key is not None:
                known[draft.idempotency_key] = draft
        elif bytes(earlier.content_sha256) == bytes(draft.content_sha256):
            outcomes.append(Outcome(log=earlier))
        else:
            outcomes.append(Outcome(error=_other_entry(draft)))
    AuditLog.objects.bulk_create(fresh)
    if fresh and told:
        publish(AuditLogsRecorded(first_log_id=str(fresh[0].pk), count=len(fresh)))
    AuditLogTarget.objects.bulk_create(_indexed_targets(fresh))
    return outcomes


def _draft(entry: Entry) -> AuditLog | DomainError:
    try:
        entry.check()
    except EntryError as error:
        return InvalidInputError(str(error))
    tenant_id = current_tenant_id()
    return AuditLog(
        tenant_id=tenant_id,
        occurred_at=entry.occurred_at,
        action=entry.action,
        actor_type=entry.actor.type,
        actor_id=entry.actor.id,
        actor_name=entry.actor.name,
        targets=[asdict(target) for target in entry.targets],
        context=asdict(entry.context),
        changes=[asdict(change) for change in entry.changes],
        metadata=entry.metadata,
        idempotency_key=entry.idempotency_key,
        content_sha256=entry.sha256(),
        words=" ".join([tenant_id.hex, *stored_tokens(entry.told())]),
    )


def _recorded_before(drafts: Sequence[AuditLog]) -> dict[str | None, AuditLog]:
    keys = [draft.idempotency_key for draft in drafts if draft.idempotency_key is not None]
    if not keys:
        return {}
    return {log.idempotency_key: log for log in AuditLog.objects.filter(idempotency_key__in=keys)}


def _indexed_targets(logs: Sequence[AuditLog]) -> list[AuditLogTarget]:
    return [
        AuditLogTarget(log=log, tenant_id=log.tenant_id, type=kind, target_id=target_id)
        for log in logs
        for kind, target_id in dict.fromkeys((one["type"], one["id"]) for one in log.targets)
    ]


def _other_entry(draft: AuditLog) -> ConflictError:
    return ConflictError(
        f"the idempotency key {draft.idempotency_key!r} was used for another entry"
    )
