"""A look at the beginning of a source, however long it is."""

import codecs
import csv
import io
import tempfile
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from apps.importexport.adapters.reading.books import check_protection, convert_book
from apps.importexport.adapters.reading.choices import check_choices
from apps.importexport.adapters.reading.heads import named
from apps.importexport.adapters.reading.json_lines import NAMING, cells_of, columns_of, parsed
from apps.importexport.adapters.reading.transcoding import MARK
from apps.importexport.adapters.reading.unpacking import BLOCK_BYTES, members_of, unpacked
from apps.importexport.domain.formats.dialects import Compression, Dialect, Format
from apps.importexport.domain.formats.formulas import unguarded
from apps.importexport.domain.formats.guessing import SAMPLE_BYTES, guess_inside
from apps.importexport.domain.formats.limits import DEFAULT, Limits

MOST_ROWS = 500
#: Of a cell that is shown.
_SHOWN = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What stands at the beginning of a source, as texts."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    warnings: tuple[str, ...] = ()
    #: Of a workbook, and which of them are not hidden; of a zip.
    sheets: tuple[str, ...] = ()
    shown_sheets: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


def preview(source: Path, dialect: Dialect, *, rows: int = 50, limits: Limits = DEFAULT) -> Preview:
    """Return the header and the first rows; of text it reads no further than its first 256 kB.

    Raises SourceRefusedError.
    """
    check_choices(dialect)
    rows = min(rows, MOST_ROWS)
    is_zip = dialect.compression is Compression.ZIP
    likely, others = members_of(source) if is_zip else ((), ())
    members = (*likely, *others)
    if len(members) > 1 and not dialect.member:
        found = _preview(source, replace(dialect, member=members[0]), rows, limits)
        warning = f"the zip holds {len(members):,} files, this is {members[0]!r}: choose one"
        return replace(found, warnings=(warning, *found.warnings), members=members)
    return replace(_preview(source, dialect, rows, limits), members=members)


def guess_in_zip(source: Path, member: str, *, limits: Limits = DEFAULT) -> Dialect:
    """Return how the table in a zip seems to be written: the file of that name, or the likely one.

    With several that are as likely none is chosen. Raises SourceRefusedError.
    """
    likely, _ = members_of(source)
    chosen = member or next(iter(likely), "")
    packed = Dialect(format=Format.CSV, compression=Compression.ZIP, member=chosen)
    with unpacked(source, packed, limits) as file:
        found = guess_inside(Compression.ZIP, file.read(SAMPLE_BYTES), chosen)
    return replace(found, member=chosen if member or len(likely) == 1 else "")


def _preview(source: Path, dialect: Dialect, rows: int, limits: Limits) -> Preview:
    match dialect.format:
        case Format.CSV | Format.TSV:
            return _separated(source, dialect, rows, limits)
        case Format.JSONL:
            return _json_lines(source, dialect, rows, limits)
    return _book(source, dialect, rows, limits)


def _separated(source: Path, dialect: Dialect, rows: int, limits: Limits) -> Preview:
    text, whole = _head(source, dialect, limits)
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
    )
    csv.field_size_limit(limits.cell_characters)
    wanted = dialect.header_row + rows
    try:
        # One more: where the head ends within a record, that is none to be shown.
        found = list(islice(reader, wanted + 1))
    except csv.Error:
        found = []
    found = found[:wanted] if whole or len(found) > wanted else found[:-1] or found
    return _shown(found, dialect.header_row, limits, guarded=True)


def _json_lines(source: Path, dialect: Dialect, rows: int, limits: Limits) -> Preview:
    text, whole = _head(source, dialect, limits)
    lines = text.split("\n")
    lines = lines if whole else lines[:-1]
    named = enumerate(lines[:NAMING], start=1)
    records = [parsed(line.encode(), number) for number, line in named]
    columns = columns_of(records, limits)
    shown = enumerate(records[:rows], start=1)
    cells = [
        [cell or "" for cell in cells_of(record, columns, number, limits)]
        for number, record in shown
    ]
    return _shown([columns, *cells], 1, limits)


def _book(source: Path, dialect: Dialect, rows: int, limits: Limits) -> Preview:
    is_sheet = dialect.format is not Format.PARQUET
    header_row = dialect.header_row if is_sheet else 1
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        path = source
        if dialect.compression is not Compression.NONE:
            path = Path(folder) / "unpacked"
            with unpacked(source, dialect, limits) as file, path.open("wb") as copy:
                while block := file.read(BLOCK_BYTES):
                    copy.write(block)
        check_protection(path)
        told = convert_book(path, out, dialect, limits, rows=header_row * is_sheet + rows)
    found = list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))
    guarded = dialect.format.guarded
    shown = _shown(found, header_row, limits, tuple(told["warnings"]), guarded=guarded)
    sheets = told.get("sheets", [])
    return replace(
        shown,
        sheets=tuple(one["name"] for one in sheets),
        shown_sheets=tuple(one["name"] for one in sheets if one["visible"]),
    )


def _head(source: Path, dialect: Dialect, limits: Limits) -> tuple[str, bool]:
    """Return the beginning of a text, and whether it is all of it."""
    with unpacked(source, dialect, limits) as file:
        head = file.read(SAMPLE_BYTES)
        whole = len(head) < SAMPLE_BYTES or not file.read(1)
    decoder = codecs.getincrementaldecoder(dialect.encoding)("replace")
    return decoder.decode(head, whole).removeprefix(MARK), whole


def _shown(
    found: list[list[str]],
    header_row: int,
    limits: Limits,
    warnings: tuple[str, ...] = (),
    *,
    guarded: bool = False,
) -> Preview:
    if guarded:
        found = [list(map(unguarded, record)) for record in found]
    if header_row:
        header = found[header_row - 1] if len(found) >= header_row else []
    else:
        header = [""] * max(map(len, found), default=0)
    columns, more = named(header, header_row, limits)
    shown = [
        tuple(cell if len(cell) <= _SHOWN else f"{cell[:_SHOWN]}…" for cell in record)
        for record in found[header_row:]
        if any(record)
    ]
    return Preview(columns=columns, rows=tuple(shown), warnings=(*warnings, *more))
