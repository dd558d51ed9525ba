"""Imports are gone through, from their checkpoint to the end: dry, or for good.

Whatever dies on the way, each row is brought once: what a piece of the source becomes is committed
with where the next one begins. What waiting may heal is tried again by the job; all else is noted
in the import.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import BinaryIO, Protocol
from uuid import UUID

from django.db import connection

from apps.importexport.adapters.reading.plain import Plain, plain
from apps.importexport.conf import SOURCE_BYTES
from apps.importexport.domain.checking.plans import Plan
from apps.importexport.domain.checking.problems import Checked, Checker
from apps.importexport.domain.checking.row_by_row import row_by_row
from apps.importexport.domain.checking.vectorised import vectorised
from apps.importexport.domain.chunks import Chunk, EndlessRecordError, chunks
from apps.importexport.domain.formats.dialects import Dialect
from apps.importexport.domain.formats.limits import Limits
from apps.importexport.domain.problems import PlanError
from apps.importexport.errors import PlanRefusedError, SourceUnreadableError
from apps.importexport.metrics import ROWS
from apps.importexport.models import ErrorPolicy, ImportJob, ImportState
from apps.importexport.services.applying import Applying
from apps.importexport.services.committing import Committing, Outcome, Piece, piece_bytes
from apps.importexport.services.failures import hand_over
from apps.importexport.services.import_ends import end_check, end_run, has_enough, tear
from apps.importexport.services.import_plans import bound, plan_of
from apps.importexport.services.import_sources import source_of
from apps.importexport.services.replacing import remove_others
from apps.importexport.services.standing import fail, working
from kernel import clock
from kernel.errors import DomainError
from kernel.faults import fault_point
from kernel.identity.rights import remaining_rights
from kernel.jobs.running import current_job
from kernel.tenancy.context import acting_as

#: Whoever looks on sees the first rows soon, also where a piece takes a second.
FIRST_BYTES = 200_000


class Bringing(Protocol):
    """What brings pieces to where they belong."""

    def commit(self, piece: Piece) -> Outcome:
        """Bring one, and say what follows."""
        ...


def check_import(import_id: UUID, round_: int) -> None:
    """Say of every row whether it can be brought, and bring none. Told twice it is said once."""
    _work(import_id, round_, ImportState.CHECKING)


def run_import(import_id: UUID, round_: int) -> None:
    """Bring the rows that are not brought yet. Told twice, or after a crash, each is once."""
    _work(import_id, round_, ImportState.RUNNING)


def _work(import_id: UUID, round_: int, state: ImportState) -> None:
    job = working(import_id, round_, state)
    if job is None:
        return
    try:
        with acting_as(remaining_rights(job.asked_by)):
            outcome, columns = _go_through(job)
        if outcome is Outcome.STOP:
            return
        job = working(import_id, round_, state)
        if job is None:
            return
        if outcome is Outcome.TORN:
            tear(job)
            return
        file_id = hand_over(job, columns)
    except DomainError as error:
        if error.retryable:
            raise
        _give_up(import_id, round_, state, error)
        return
    if state == ImportState.CHECKING:
        end_check(job, file_id)
    else:
        end_run(job, file_id)


def _give_up(import_id: UUID, round_: int, state: ImportState, error: DomainError) -> None:
    """Note why it does not go on; of what was to be whole, take back what was brought."""
    job = working(import_id, round_, state)
    if job is None:
        return
    whole = state == ImportState.RUNNING and job.policy == ErrorPolicy.ALL_OR_NOTHING
    if whole and (job.row_count or job.batches):
        tear(job, error)
    else:
        fail(job, error)


def _go_through(job: ImportJob) -> tuple[Outcome, tuple[str, ...]]:
    """Bring pieces until there is none, and say how it ended and which columns there are."""
    what = bound(job)
    with source_of(job) as source:
        limits = Limits(source_bytes=SOURCE_BYTES.value())
        found = plain(source.path, Dialect.of(job.dialect), folder=source.folder, limits=limits)
        checker = _checker(plan_of(job, what, found))
        _begin(job, found)
        bringing: Bringing = Applying(job, what) if what.table is None else Committing(job, what)
        outcome = Outcome.ENOUGH if has_enough(job) else _bring(job, found, checker, bringing)
    if outcome is Outcome.GO_ON and not remove_others(job, what):
        outcome = Outcome.STOP
    return outcome, found.columns


def _bring(job: ImportJob, found: Plain, checker: Checker, bringing: Bringing) -> Outcome:
    outcome = Outcome.GO_ON
    rows = ROWS.labels("check" if job.state == ImportState.CHECKING else "run")
    with found.path.open("rb") as file, _checked(file, job, found, checker) as pieces:
        for piece in pieces:
            outcome = bringing.commit(piece)
            fault_point("importexport-committed")
            rows.inc(piece.checked.rows)
            if outcome is not Outcome.GO_ON:
                break
            current_job().progress(piece.chunk.end, job.total_bytes, "bytes")
    return outcome


def _checker(plan: Plan) -> Checker:
    try:
        return vectorised(plan) if connection.vendor == "postgresql" else row_by_row(plan)
    except PlanError as error:
        raise PlanRefusedError(str(error)) from None


def _begin(job: ImportJob, found: Plain) -> None:
    """Note how much there is, and from when on the rate is told."""
    now = clock.now()
    rows = ImportJob.objects.filter(pk=job.pk, round=job.round, state=job.state)
    job.total_bytes = found.path.stat().st_size
    if job.offset < 0:
        job.offset, job.line = found.offset, found.first_line
    job.went_on_at, job.went_on_from = now, job.offset
    columns = ("total_bytes", "offset", "line", "went_on_at", "went_on_from")
    rows.update(**{name: getattr(job, name) for name in columns})


@contextmanager
def _checked(
    file: BinaryIO, job: ImportJob, found: Plain, checker: Checker
) -> Iterator[Iterator[Piece]]:
    """Give the pieces from the checkpoint on, each checked while the one before is written."""
    size = piece_bytes()
    first = min(FIRST_BYTES, size) if job.offset == found.offset else size
    cut = chunks(file, offset=job.offset, quote=found.quote, size=size, first=first)
    with ThreadPoolExecutor(1, thread_name_prefix="import-check") as thread:

        def pieces() -> Iterator[Piece]:
            ahead: Future[tuple[Chunk, Checked] | None] = thread.submit(_next, cut, checker)
            while (one := ahead.result()) is not None:
                ahead = thread.submit(_next, cut, checker)
                yield Piece(chunk=one[0], checked=one[1], plain=found)

        yield pieces()


def _next(cut: Iterator[Chunk], checker: Checker) -> tuple[Chunk, Checked] | None:
    try:
        chunk = next(cut, None)
    except EndlessRecordError as error:
        raise SourceUnreadableError(str(error)) from None
    return None if chunk is None else (chunk, checker.check(chunk.data))
