"""One piece of a source becomes rows: with its errors and the checkpoint, or not at all."""

from dataclasses import dataclass, replace
from enum import Enum, auto

import polars as pl
from django.db import connection, transaction

from apps.importexport.adapters.reading.plain import Plain
from apps.importexport.conf import TABLE_ROWS
from apps.importexport.domain.checking.problems import Checked
from apps.importexport.domain.chunks import Chunk, record_ends
from apps.importexport.domain.conflicts import Refused
from apps.importexport.models import DataTable, ErrorPolicy, ImportJob, ImportState
from apps.importexport.models.rows import usable_rows
from apps.importexport.services.failures import Failed, counted, failed_rows, keep
from apps.importexport.services.import_plans import Bound, target_of
from apps.importexport.services.related import unrelated
from apps.importexport.services.replacing import lock
from apps.importexport.services.staging import Written, write
from kernel import clock
from kernel.errors import LimitExceededError
from kernel.faults import fault_point


class Outcome(Enum):
    """What follows a piece."""

    GO_ON = auto()
    #: Somebody paused or cancelled the import, or another worker has taken it over.
    STOP = auto()
    #: As many rows have failed as the import allows.
    ENOUGH = auto()
    #: One has failed of which all are to be brought or none: what was brought is to be taken back.
    TORN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Records of a source, and what they are by themselves."""

    chunk: Chunk
    checked: Checked
    plain: Plain
    #: Rows that lead to rows of other apps which are not there.
    lost: tuple[Refused, ...] = ()


class Committing:
    """Brings pieces of one import into a table, one after the other."""

    def __init__(self, job: ImportJob, what: Bound) -> None:
        self._job, self._what = job, what
        self._dry = job.state == ImportState.CHECKING
        # Until a row is met that was there.
        self._hopeful = True
        self._room = 0 if self._dry or what.table is None else room_in(what.table)

    def commit(self, piece: Piece) -> Outcome:
        """Write what is good of a piece, what is wrong with the rest, and where to go on.

        Nothing of it is written if the piece has been already, or the import is to stop; nor if one
        row fails of which all are to be brought or none. Raises RacedError, LimitExceededError, and
        what other apps raise to whose rows some lead.
        """
        return self._commit(_without(piece, unrelated(piece.checked.good, self._what.fields)))

    @transaction.atomic
    def _commit(self, piece: Piece) -> Outcome:
        job = at_piece(self._job, piece.chunk)
        if job is None:
            return Outcome.STOP
        last = self._last_allowed(job)
        piece, written, failed = self._written(job, piece, most_failed=last)
        if failed and not self._dry and job.policy == ErrorPolicy.ALL_OR_NOTHING:
            transaction.set_rollback(True)
            return Outcome.TORN
        self._hopeful = self._hopeful and not written.met
        self._take_room(written.inserted)
        fault_point("importexport-copied")
        checkpoint(
            job,
            piece,
            failed,
            inserted=written.inserted,
            updated=written.updated,
            unchanged=written.unchanged,
        )
        fault_point("importexport-before-commit")
        return Outcome.ENOUGH if last is not None and len(failed) >= last else Outcome.GO_ON

    def _take_room(self, rows: int) -> None:
        self._room -= 0 if self._dry else rows
        if self._room < 0:
            raise LimitExceededError(f"a table has at most {TABLE_ROWS.value():,} rows")

    def _last_allowed(self, job: ImportJob) -> int | None:
        """Return how many more rows may fail: at the last of them the import ends."""
        if self._dry or job.policy != ErrorPolicy.STOP_AFTER:
            return None
        return max((job.stop_after or 1) - job.failed, 1)

    def _written(
        self, job: ImportJob, piece: Piece, *, most_failed: int | None
    ) -> tuple[Piece, Written, list[Failed]]:
        """Write a piece, or as much of it as comes before one failure too many."""
        mark = transaction.savepoint() if most_failed is not None else None
        written = self._write(piece)
        failed = failures_of(job, piece, [*piece.lost, *written.refused], self._what)
        if mark is None or most_failed is None:
            return piece, written, failed
        if len(failed) < most_failed:
            transaction.savepoint_commit(mark)
            return piece, written, failed
        transaction.savepoint_rollback(mark)
        piece = until(piece, failed[most_failed - 1].row)
        written = self._write(piece)
        refused = [*piece.lost, *written.refused]
        return piece, written, failures_of(job, piece, refused, self._what)

    def _write(self, piece: Piece) -> Written:
        good = piece.checked.good
        if good.is_empty() or self._what.table is None:
            return Written()
        # Locked, so that no other import writes at the same time, and nobody changes what it is.
        target = target_of(self._job, self._what, lock(self._what.table))
        return write(good, target, dry=self._dry, hopeful=self._hopeful)


def room_in(table: DataTable) -> int:
    """Return how many more rows a table may have."""
    return TABLE_ROWS.value() - usable_rows(table).objects.count()


def at_piece(job: ImportJob, chunk: Chunk) -> ImportJob | None:
    """Return the import, locked, if this is the piece that comes next."""
    rows = ImportJob.objects.select_for_update()
    return rows.filter(pk=job.pk, round=job.round, state=job.state, offset=chunk.offset).first()


def checkpoint(
    job: ImportJob,
    piece: Piece,
    failed: list[Failed],
    *,
    inserted: int,
    updated: int,
    unchanged: int,
) -> None:
    """Note what became of a piece and where the next one begins, in the caller's transaction."""
    keep(job, piece.chunk.offset, failed, piece.plain.columns)
    job.offset = piece.chunk.end
    job.line += piece.chunk.data.count(b"\n")
    job.read += piece.checked.rows
    job.inserted += inserted
    job.updated += updated
    job.unchanged += unchanged
    job.failed += len(failed)
    job.problems = counted(job.problems, failed)
    if job.state == ImportState.RUNNING:
        job.row_count = job.inserted + job.updated
    job.at = clock.now()
    job.save(
        update_fields=[
            *("offset", "line", "read", "inserted", "updated", "failed", "row_count", "at"),
            *("unchanged", "batches", "problems"),
        ]
    )


def until(piece: Piece, row: int) -> Piece:
    """Return a piece up to one of its rows, that included."""
    end = record_ends(piece.chunk.data, piece.plain.quote)[row]
    checked = piece.checked
    return Piece(
        chunk=Chunk(data=piece.chunk.data[:end], offset=piece.chunk.offset),
        checked=Checked(
            rows=row + 1,
            blank=checked.blank,
            good=checked.good.filter(checked.good["row"] <= row),
            problems=[one for one in checked.problems if one.row <= row],
        ),
        plain=piece.plain,
        lost=tuple(one for one in piece.lost if one.position <= row),
    )


def _without(piece: Piece, lost: list[Refused]) -> Piece:
    """Return a piece without rows that lead nowhere."""
    if not lost:
        return piece
    good = piece.checked.good
    out = pl.Series(sorted({one.position for one in lost}), dtype=good["row"].dtype)
    kept = good.filter(~good["row"].is_in(out.implode()))
    return replace(piece, checked=replace(piece.checked, good=kept), lost=tuple(lost))


def failures_of(job: ImportJob, piece: Piece, refused: list[Refused], what: Bound) -> list[Failed]:
    """Return the rows of a piece that failed."""
    return failed_rows(
        piece.chunk,
        piece.plain,
        piece.checked.problems,
        refused,
        sources=dict(what.sources),
        read=job.read,
        line=job.line,
    )


def piece_bytes() -> int:
    """Return how much of a source one transaction takes: on SQLite it is to be short.

    On PostgreSQL most memory of an import goes by it: some 30 times as much at its peak.
    """
    return 1_000_000 if connection.vendor == "postgresql" else 100_000
