"""Rows that failed: kept piece by piece with the checkpoint, and in the end one file of them.

The file has a line for each such row: where it was and what is wrong, then the row as it came,
under its own header. Mended, it is a source like any other, with the same mapping.
"""

import csv
import hashlib
import io
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.db import transaction

from apps.importexport.access import IMPORT_JOB
from apps.importexport.adapters.reading.plain import Plain
from apps.importexport.conf import ERRORS_SHOWN
from apps.importexport.domain.checking.problems import Problem
from apps.importexport.domain.chunks import Chunk, record_ends
from apps.importexport.domain.conflicts import Refused
from apps.importexport.domain.formats.empty_texts import (
    Cells,
    marked,
    told_apart,
    unmarked,
    without_empty,
)
from apps.importexport.domain.formats.formulas import guarded, unguarded
from apps.importexport.models import FailedRows, ImportJob, RowError
from apps.importexport.services.standing import worked_on
from kernel.errors import ConflictError
from kernel.faults import fault_point
from kernel.jobs.services import enqueue
from kernel.mesh.storing import NotStoredError, Outgoing, store
from kernel.reading import by_key
from kernel.storage import storage
from kernel.storage.port import new_key

#: What stands before the columns of the source.
HEADER = ("import_line", "import_column", "import_value", "import_code", "import_message")
APP = "importexport"
_STORED_AT_ONCE = 200
#: Of a row that is kept to be mended by hand.
_MENDABLE_CHARACTERS = 20_000
#: Pairs of a column and a code that are counted.
_MOST_COUNTED = 1_000
#: Of an import of which no row has failed yet.
UNFAILED: dict[str, Any] = {
    "errors_key": "",
    "errors_bytes": 0,
    "errors_sha256": "",
    "upload_id": None,
    "errors_id": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A row that was not brought in, as it came, and why."""

    #: Records of the piece before it.
    row: int
    line: int
    cells: Cells
    problems: tuple[Problem, ...]


def failed_rows(
    chunk: Chunk,
    plain: Plain,
    problems: Sequence[Problem],
    refused: Sequence[Refused],
    *,
    sources: dict[str, str],
    read: int,
    line: int,
) -> list[Failed]:
    """Return the rows of a piece that failed, in their order.

    `sources` tells the header of each field; `read` and `line` are what was before the piece.
    """
    rows = sorted({one.row for one in problems} | {one.position for one in refused})
    if not rows:
        return []
    found = {row: _Found() for row in rows}
    for problem in problems:
        found[problem.row].problems.append(problem)
    for one in refused:
        found[one.position].refused.append(one)
    _read(chunk, plain, found)
    return [
        Failed(
            row=row,
            line=plain.first_line + read + row if plain.row_is_line else line + one.line,
            cells=one.cells,
            problems=tuple(one.problems)
            + tuple(_problem(refusal, one, plain, sources) for refusal in one.refused),
        )
        for row, one in found.items()
    ]


def keep(job: ImportJob, offset: int, failed: Sequence[Failed], columns: Sequence[str]) -> None:
    """Keep the rows of a piece that failed, in the transaction of its checkpoint."""
    if not failed:
        return
    FailedRows.objects.create(
        import_id=job.pk, offset=offset, lines=zlib.compress(_lines(failed), level=1)
    )
    left = max(ERRORS_SHOWN.value() - job.failed, 0)
    rows = [
        RowError(
            import_id=job.pk,
            position=job.read + one.row + 1,
            line=one.line,
            column=problem.column[:255],
            source=problem.source[:255],
            value=_storable(problem.value)[:500],
            code=problem.code,
            message=problem.message[:500],
            cells=_cells(one, columns) if problem is one.problems[0] else None,
        )
        for one in failed[:left]
        for problem in one.problems
    ]
    RowError.objects.bulk_create(rows, batch_size=_STORED_AT_ONCE)


def counted(before: Sequence[Sequence[Any]] | None, failed: Sequence[Failed]) -> list[list[Any]]:
    """Return how many problems of each column and code there are, with those before."""
    counts = Counter({(column, code): count for column, code, count in before or ()})
    for one in failed:
        for problem in one.problems:
            pair = (problem.column[:255], str(problem.code))
            if pair in counts or len(counts) < _MOST_COUNTED:
                counts[pair] += 1
    return [[*pair, count] for pair, count in counts.most_common()]


def _cells(one: Failed, columns: Sequence[str]) -> dict[str, Any]:
    """Return a row as it came, to be mended; nothing of one that is too long for that.

    `empty` names the columns that hold an empty text, which is more than nothing.
    """
    cells = [_storable(cell or "") for cell in one.cells]
    if sum(map(len, cells)) > _MENDABLE_CHARACTERS:
        return {}
    padded = cells + [""] * (len(columns) - len(cells))
    values = dict(zip(columns, padded, strict=False))
    return {
        "values": values,
        "surplus": [text for text in cells[len(columns) :] if text],
        "empty": [name for name, cell in zip(columns, one.cells, strict=False) if cell == ""],
    }


def forget(*jobs: ImportJob) -> None:
    """Forget the rows that failed and the files of them, in the caller's transaction."""
    for job in jobs:
        enqueue_forgetting(job.errors_key)
        if job.errors_id:
            enqueue("importexport.forget_file", f"file:{job.errors_id}")
    ids = [job.pk for job in jobs]
    FailedRows.objects.filter(import_id__in=ids).delete()
    RowError.objects.filter(import_id__in=ids).delete()


def enqueue_forgetting(key: str) -> None:
    """Let a job delete bytes of our own store, in the caller's transaction."""
    if key:
        enqueue("importexport.forget", key)


def hand_over(job: ImportJob, columns: Sequence[str]) -> UUID | None:
    """Return the id of the file of errors, once the files service has it; None without errors.

    Begun again after a crash it is the same file. Raises what is retryable, and NotStoredError.
    """
    if not job.failed:
        return None
    if job.errors_id:
        return job.errors_id
    if not job.errors_sha256:
        _write(job, columns)
    file_id = store(
        Outgoing(
            app=APP,
            key=f"{job.pk}:{job.errors_key}",
            name=f"{job.name[:200]} - errors.csv",
            content_type="text/csv",
            size_bytes=job.errors_bytes,
            sha256=job.errors_sha256,
            reader_scope=IMPORT_JOB.read,
            read=partial(storage().read, job.errors_key),
        ),
        upload_id=str(job.upload_id) if job.upload_id else None,
        note=partial(_note, job),
    )
    fault_point("importexport-errors-stored")
    return UUID(file_id)


def _write(job: ImportJob, columns: Sequence[str]) -> None:
    """Make the file of errors in our own store, and note what it is."""
    with transaction.atomic():
        found = worked_on(job)
        if found is None:
            raise ConflictError("the import is not worked on any more")
        enqueue_forgetting(found.errors_key)
        job.errors_key = new_key(APP)
        ImportJob.objects.filter(pk=job.pk).update(errors_key=job.errors_key)
    digest, size = hashlib.sha256(), 0
    with tempfile.TemporaryFile() as out:
        for part in _parts(job, columns):
            digest.update(part)
            size += len(part)
            out.write(part)
        out.seek(0)
        storage().save(job.errors_key, cast(BinaryIO, out))
    fault_point("importexport-errors-written")
    job.errors_bytes, job.errors_sha256 = size, digest.hexdigest()
    _ours(job).update(errors_bytes=size, errors_sha256=job.errors_sha256)


def _parts(job: ImportJob, columns: Sequence[str]) -> Iterator[bytes]:
    yield _csv([[*HEADER, *columns]])
    rows = FailedRows.objects.filter(import_id=job.pk)
    for piece in by_key(rows, key="offset", at_once=1):
        yield zlib.decompress(bytes(piece.lines))


def _note(job: ImportJob, upload_id: str) -> None:
    if not _ours(job).update(upload_id=UUID(upload_id)):
        raise NotStoredError("nobody wants it any more", remote_code="")


def _ours(job: ImportJob) -> Any:
    return ImportJob.objects.filter(
        pk=job.pk, round=job.round, state=job.state, errors_key=job.errors_key
    )


class _Found:
    """A row that failed while what it is is gathered."""

    def __init__(self) -> None:
        self.line = 0
        self.cells: Cells = []
        self.problems: list[Problem] = []
        self.refused: list[Refused] = []


def _read(chunk: Chunk, plain: Plain, found: dict[int, _Found]) -> None:
    """Read the cells of these rows of a piece, and on which of its lines they begin."""
    ends = [0, *record_ends(chunk.data, plain.quote)]
    at = lines = 0
    for row, one in found.items():
        begin, end = ends[row], ends[row + 1]
        lines += chunk.data.count(b"\n", at, begin)
        at, one.line = begin, lines
        text = chunk.data[begin:end].decode(errors="replace")
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=plain.delimiter,
            quotechar=plain.quote or None,
            quoting=csv.QUOTE_MINIMAL if plain.quote else csv.QUOTE_NONE,
        )
        cells = next(reader, [])
        one.cells = (
            told_apart(cells, text, delimiter=plain.delimiter, quote=plain.quote)
            if plain.empty_texts
            else without_empty(cells)
        )
        if plain.guarded:
            # What the guard of a spreadsheet's file hides is the value; the file of errors has its
            # own.
            one.cells = [cell and unguarded(cell) for cell in one.cells]


def _problem(refusal: Refused, row: _Found, plain: Plain, sources: dict[str, str]) -> Problem:
    names = [sources.get(name, "") for name in refusal.column.split(", ")]
    by_header = dict(zip(plain.columns, row.cells, strict=False))
    return Problem(
        row=refusal.position,
        line=row.line,
        column=refusal.column,
        source=", ".join(filter(None, names)),
        value=", ".join(by_header.get(name) or "" for name in names if name),
        code=refusal.code,
        message=refusal.message,
    )


def _lines(failed: Sequence[Failed]) -> bytes:
    return _csv(
        [
            str(one.line),
            *(
                " | ".join(dict.fromkeys(getattr(problem, name) for problem in one.problems))
                for name in ("column", "value", "code", "message")
            ),
            *one.cells,
        ]
        for one in failed
    )


def _csv(rows: Any) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(marked(cell and guarded(cell) for cell in row) for row in rows)
    return unmarked(out.getvalue()).encode(errors="replace")


def _storable(text: str) -> str:
    # PostgreSQL keeps no NUL.
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
