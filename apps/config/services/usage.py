"""Usage written down: what processes have counted becomes rows, some seconds later.

A batch is written by one transaction, with its number: one whose commit nobody heard of is sent
again, and counts once. What a process has in memory when it is killed is lost.
"""

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from uuid import UUID

from django.db import DataError, connection, transaction
from django.db.models import Q

from apps.config.domain.tallies import MOST_IN_A_BATCH, Answer, Exposure, Place, Tallies
from apps.config.metrics import EVALUATIONS, LEFT_OUT
from apps.config.models import EnvironmentKey, FlagState, FlagUsage, UsageWriter
from apps.config.services import exposing
from apps.config.services.counting import tallies
from kernel import clock
from kernel.ids import new_id
from kernel.keeping import keep
from kernel.tenancy.context import in_tenant

logger = logging.getLogger(__name__)

#: How long usage is in memory only: what a process that is killed forgets.
WRITTEN_AFTER_SECONDS = 10.0
#: How often at most it is written that something was used.
STEP = timedelta(minutes=1)

_UPSERT = (
    "INSERT INTO config_flagusage (id, tenant_id, state_id, daily, starts_at, way, variant, reason,"
    " error_code, evaluations) VALUES {} ON CONFLICT (state_id, starts_at, daily, way, variant,"
    " reason, error_code) DO UPDATE SET"
    " evaluations = config_flagusage.evaluations + excluded.evaluations"
)
_COLUMNS = FlagUsage._meta.concrete_fields  # noqa: SLF001  Django's documented API
_ROW = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction writes; each writer numbers its own, upwards."""

    writer: UUID
    number: int
    at: datetime
    tenant_id: UUID
    environment_id: UUID
    answers: Mapping[Answer, int] = field(default_factory=dict)
    exposures: Sequence[Exposure] = ()
    keys: frozenset[UUID] = frozenset()


class Writer:
    """Writes down what a process has counted."""

    def __init__(self, counted: Tallies) -> None:
        self._counted = counted
        self._lock = Lock()
        self._id = new_id()
        self._number = 0
        self._waiting: deque[Batch] = deque()

    def write(self) -> None:
        """Write down what there is; while the database is away it is kept, and counting goes on.

        Raises DatabaseError.
        """
        with self._lock:
            self._finish()
            self._waiting.extend(self._batches(self._counted.take()))
            self._finish()

    def _finish(self) -> None:
        while self._waiting:
            batch = self._waiting[0]
            try:
                write_down(batch)
            except DataError:
                # It is not going to be better the next time, and others wait behind it.
                logger.exception("usage of environment %s is left out", batch.environment_id)
            self._waiting.popleft()
            self._counted.settle(batch.environment_id, batch.exposures, batch.at.date())

    def _batches(self, places: Iterable[Place]) -> Iterator[Batch]:
        LEFT_OUT.set(self._counted.left_out)
        for place in places:
            answers = list(place.answers.items())
            for (_flag, _variant, reason, _code, way), times in answers:
                EVALUATIONS.labels(way, reason).inc(times)
            for start in range(0, len(answers) or 1, MOST_IN_A_BATCH):
                self._number += 1
                yield Batch(
                    self._id,
                    self._number,
                    clock.now(),
                    place.tenant_id,
                    place.environment_id,
                    dict(answers[start : start + MOST_IN_A_BATCH]),
                    tuple(place.exposures) if start == 0 else (),
                    frozenset(place.keys) if start == 0 else frozenset(),
                )


def write_down(batch: Batch) -> None:
    """Write a batch, unless it is written already."""
    with in_tenant(batch.tenant_id), transaction.atomic():
        if not _is_new(batch):
            return
        wanted = {answer[0] for answer in batch.answers} | {one.flag for one in batch.exposures}
        states = {
            state.flag.key: state
            for state in FlagState.objects.filter(
                environment_id=batch.environment_id, flag__key__in=wanted
            ).select_related("flag")
        }
        add(_counts(batch, states))
        _mark_evaluated(batch, states)
        _mark_used(batch)
        exposing.write(batch.environment_id, batch.exposures, states, batch.at)


def _is_new(batch: Batch) -> bool:
    told = {"sequence": batch.number, "written_at": batch.at}
    if UsageWriter.objects.get_or_create(writer=batch.writer, defaults=told)[1]:
        return True
    known = UsageWriter.objects.filter(writer=batch.writer, sequence__lt=batch.number)
    return bool(known.update(**told))


writer = Writer(tallies)


def follow() -> None:
    """Let processes that serve write usage down."""
    keep("usage", writer.write, every_seconds=WRITTEN_AFTER_SECONDS)


def add(counts: Iterable[FlagUsage]) -> None:
    """Add these to the rows that there are of the same, in an order that is always the same."""
    rows = sorted(counts, key=lambda row: (row.state_id, row.starts_at, row.way, row.variant))
    if not rows:
        return
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connection)
        for row in rows
        for field in _COLUMNS
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT.format(", ".join([_ROW] * len(rows))), values)


def _counts(batch: Batch, states: Mapping[str, FlagState]) -> list[FlagUsage]:
    """Return the rows of a batch; of flags that are there no more nothing is kept."""
    hour = batch.at.replace(minute=0, second=0, microsecond=0)
    found: dict[tuple[str, ...], FlagUsage] = {}
    for (key, variant, reason, error_code, way), times in batch.answers.items():
        state = states.get(key)
        if state is None:
            continue
        told = (way, (variant or "")[:200], reason, error_code or "")
        row = found.get((key, *told))
        if row is None:
            row = found[key, *told] = FlagUsage(
                state=state,
                starts_at=hour,
                way=way,
                variant=told[1],
                reason=reason,
                error_code=told[3],
                evaluations=0,
            )
        row.evaluations += times
    return list(found.values())


def _mark_evaluated(batch: Batch, states: Mapping[str, FlagState]) -> None:
    """Write when flags were asked for, and since when everybody has got the same."""
    variants: dict[UUID, set[str]] = {}
    for key, variant, *_ in batch.answers:
        if key in states:
            variants.setdefault(states[key].pk, set()).add((variant or "")[:200])
    # Who publishes has locked some of them in another order: those are marked the next time.
    rows = FlagState.objects.select_for_update(skip_locked=True).filter(pk__in=variants)
    changed = []
    for row in rows if variants else ():
        [only] = given if len(given := variants[row.pk]) == 1 else [None]
        moved = only != row.only_variant or (only is not None and row.only_variant_since is None)
        if moved:
            row.only_variant, row.only_variant_since = only, None if only is None else batch.at
        if moved or row.evaluated_at is None or batch.at - row.evaluated_at >= STEP:
            row.evaluated_at = batch.at
            changed.append(row)
    FlagState.objects.bulk_update(
        changed, ["evaluated_at", "only_variant", "only_variant_since"], batch_size=MOST_IN_A_BATCH
    )


def _mark_used(batch: Batch) -> None:
    if batch.keys:
        long_ago = Q(last_used_at=None) | Q(last_used_at__lte=batch.at - STEP)
        EnvironmentKey.objects.filter(long_ago, pk__in=batch.keys).update(last_used_at=batch.at)
