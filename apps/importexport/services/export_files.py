"""The files of an export: all rows are read first, part by part, and then the parts are stored.

So the snapshot that rows are read in is held no longer than that takes.
"""

import gzip
import hashlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from apps.importexport.adapters.stores import export_store
from apps.importexport.adapters.writing.files import table_file
from apps.importexport.adapters.writing.separated import header_of
from apps.importexport.conf import EXPORT_BYTES, EXPORT_ROWS
from apps.importexport.domain.exports.names import file_name
from apps.importexport.domain.formats.dialects import Compression, Format
from apps.importexport.errors import ExportLimitError
from apps.importexport.metrics import ROWS
from apps.importexport.models import ExportCompression, ExportFormat, ExportJob, ExportPart
from apps.importexport.services.export_sources import Source
from kernel.faults import fault_point
from kernel.jobs.running import current_job
from kernel.scratch import scratch
from kernel.storage.port import new_key

MOST_PARTS = 1_000
_GZIP_LEVEL = 6
_DELIMITERS = {ExportFormat.CSV: ",", ExportFormat.TSV: "\t"}


@dataclass(slots=True)
class Written:
    """A part that is a file of this process, and not stored."""

    path: Path
    rows: int = 0


def write_parts(export: ExportJob, source: Source) -> None:
    """Write an export, and store its parts, each with a row. Raises ExportLimitError."""
    with scratch("septet-export-") as folder:
        for position, part in enumerate(written(export, source, folder), 1):
            _store(export, position, part)


def written(export: ExportJob, source: Source, folder: Path) -> list[Written]:
    """Write all rows into files of a folder; raises ExportLimitError."""
    parts = _Parts(export, folder, source.total)
    copied = export.compression in (ExportCompression.NONE, ExportCompression.GZIP)
    if source.lines and export.format in _DELIMITERS and copied:
        lines = source.lines(_DELIMITERS[ExportFormat(export.format)], export.guard)
        with closing(cast("Generator[tuple[int, bytearray]]", lines)):
            _write_lines(export, source, lines, parts)
    else:
        _write_rows(export, source, parts)
    return parts.all


def _write_lines(
    export: ExportJob, source: Source, lines: Iterator[tuple[int, bytearray]], parts: "_Parts"
) -> None:
    """Write what the database gives as CSV, as it is."""
    delimiter = _DELIMITERS[ExportFormat(export.format)]
    header = header_of(source.fields, delimiter=delimiter, guard=export.guard)
    some = next(lines, None)
    while True:
        with parts.another() as raw, _packed(raw, export) as out:
            out.write(header)
            while some is not None and not parts.full(raw.tell()):
                rows, text = some
                out.write(text)
                parts.count(rows, raw.tell())
                some = next(lines, None)
        if some is None:
            return


def _write_rows(export: ExportJob, source: Source, parts: "_Parts") -> None:
    """Write rows by the writer of the format."""
    chunks = filter(None, source.rows())
    some = next(chunks, None)
    while True:
        with (
            parts.another() as raw,
            table_file(
                raw,
                format=Format(export.format),
                compression=Compression(export.compression),
                fields=source.fields,
                guard=export.guard,
            ) as out,
        ):
            while some is not None and not parts.full(out.size_bytes):
                out.write(some)
                parts.count(len(some), out.size_bytes)
                some = next(chunks, None)
        if some is None:
            return


class _Parts:
    """Counts rows and bytes over the parts of an export."""

    def __init__(self, export: ExportJob, folder: Path, total: int | None) -> None:
        self.all: list[Written] = []
        self._export, self._folder, self._total = export, folder, total
        self._before_rows = self._before_bytes = 0

    @contextmanager
    def another(self) -> Iterator[BinaryIO]:
        """Give a file to write the next part to."""
        if len(self.all) == MOST_PARTS:
            raise ExportLimitError(
                f"an export has at most {MOST_PARTS:,} files: let them be longer"
            )
        if self.all:
            self._before_rows += self.all[-1].rows
            self._before_bytes += self.all[-1].path.stat().st_size
        part = Written(self._folder / f"{len(self.all) + 1}")
        self.all.append(part)
        with part.path.open("wb") as file:
            yield file

    def full(self, size_bytes: int) -> bool:
        """Say whether the part that is written has become long enough."""
        return bool(self.all[-1].rows) and 0 < self._export.part_bytes <= size_bytes

    def count(self, rows: int, size_bytes: int) -> None:
        """Count rows of the part that is written; raises ExportLimitError."""
        self.all[-1].rows += rows
        done = self._before_rows + self.all[-1].rows
        if done > EXPORT_ROWS.value():
            raise ExportLimitError(f"an export has at most {EXPORT_ROWS.value():,} rows")
        if self._before_bytes + size_bytes > EXPORT_BYTES.value():
            raise ExportLimitError(f"an export has at most {EXPORT_BYTES.value():,} bytes")
        ROWS.labels("export").inc(rows)
        current_job().progress(done, self._total, "writing rows")
        fault_point("importexport-rows-written")


def _store(export: ExportJob, position: int, written_: Written) -> None:
    several = position if export.part_bytes or position > 1 else 0
    with written_.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        # The key is known before there are bytes under it, so none is forgotten.
        part = ExportPart.objects.create(
            export=export,
            position=position,
            name=file_name(export.name, export.format, export.compression, part=several),
            row_count=written_.rows,
            size_bytes=file.tell(),
            sha256=digest,
            file_key=new_key("importexport"),
        )
        file.seek(0)
        export_store().save(part.file_key, file)
    written_.path.unlink()
    fault_point("importexport-part-saved")


@contextmanager
def _packed(raw: BinaryIO, export: ExportJob) -> Iterator[IO[bytes]]:
    if export.compression == ExportCompression.NONE:
        yield raw
        return
    name = file_name(export.name, export.format)
    # Without the time: the same rows are the same bytes.
    with gzip.GzipFile(name, "wb", _GZIP_LEVEL, raw, mtime=0) as out:
        yield cast(IO[bytes], out)
