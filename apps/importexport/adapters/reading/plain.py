"""Any source becomes one kind of file, which all that follows reads."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from apps.importexport.adapters.reading.books import check_protection, convert_book
from apps.importexport.adapters.reading.choices import check_choices
from apps.importexport.adapters.reading.heads import head_of
from apps.importexport.adapters.reading.json_lines import convert_json_lines
from apps.importexport.adapters.reading.previewing import Preview, guess_in_zip, preview
from apps.importexport.adapters.reading.rewriting import QUOTE, rewrite
from apps.importexport.adapters.reading.scanning import is_strict
from apps.importexport.adapters.reading.transcoding import transcode
from apps.importexport.adapters.reading.unpacking import BLOCK_BYTES, unpacked
from apps.importexport.domain.formats.dialects import Compression, Dialect, Format
from apps.importexport.domain.formats.limits import DEFAULT, Limits
from apps.importexport.errors import SourceTooLargeError

__all__ = ["Plain", "Preview", "guess_in_zip", "plain", "preview"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A table in UTF-8 as RFC 4180 has it, but for records that are shorter or longer than others.

    A record without any value is an empty row, and no row of the table.
    """

    #: The source itself, where it is that already.
    path: Path
    delimiter: str
    quote: str
    #: Two quotes are an empty text, nothing is no value; else both are no value.
    empty_texts: bool
    columns: tuple[str, ...]
    #: The byte at which the first record after the header begins.
    offset: int
    #: The line, or row, of the source at which that record is.
    first_line: int
    #: Record n is row `first_line + n` of the source; else its lines are counted, by LF.
    row_is_line: bool
    #: Texts like formulas have an apostrophe before them (see `formulas.unguarded`).
    guarded: bool
    warnings: tuple[str, ...]


def plain(source: Path, dialect: Dialect, *, folder: Path, limits: Limits = DEFAULT) -> Plain:
    """Return a source as a plain file, in the folder where it is not one itself.

    The same source gives the same file. Raises SourceRefusedError.
    """
    check_choices(dialect)
    size = source.stat().st_size
    if size > limits.source_bytes:
        raise SourceTooLargeError(
            f"the source has {size:,} bytes, at most {limits.source_bytes:,} are taken: send it in"
            " parts"
        )
    match dialect.format:
        case Format.CSV | Format.TSV:
            return _separated(source, dialect, folder, limits)
        case Format.JSONL:
            return _described(_json_lines(source, dialect, folder, limits), dialect, limits, ())
    path, warnings = _book(source, dialect, folder, limits)
    return _described(path, dialect, limits, warnings)


def _separated(source: Path, dialect: Dialect, folder: Path, limits: Limits) -> Plain:
    path = source
    if dialect.encoding != "utf-8":
        path = folder / "utf-8.csv"
        with unpacked(source, dialect, limits) as file:
            transcode(file, path, dialect.encoding)
    elif dialect.compression is not Compression.NONE:
        path = _unpack(source, dialect, folder / "unpacked.csv", limits)
    strict = is_strict(path, delimiter=dialect.delimiter, quote=dialect.quote, limits=limits)
    quote = dialect.quote or QUOTE
    if not strict:
        given, path, quote = path, folder / "plain.csv", QUOTE
        rewrite(given, path, dialect, limits)
        if given != source:
            given.unlink()
    head = head_of(
        path,
        delimiter=dialect.delimiter,
        quote=quote,
        header_row=dialect.header_row,
        guarded=True,
        limits=limits,
    )
    return Plain(
        path=path,
        delimiter=dialect.delimiter,
        quote=quote,
        empty_texts=dialect.empty_texts,
        columns=head.columns,
        offset=head.offset,
        first_line=head.line,
        row_is_line=False,
        guarded=True,
        warnings=head.warnings,
    )


def _json_lines(source: Path, dialect: Dialect, folder: Path, limits: Limits) -> Path:
    target = folder / "plain.csv"
    if dialect.encoding == "utf-8":
        with unpacked(source, dialect, limits) as file:
            convert_json_lines(file, target, limits)
        return target
    given = folder / "utf-8.jsonl"
    with unpacked(source, dialect, limits) as file:
        transcode(file, given, dialect.encoding)
    with given.open("rb") as file:
        convert_json_lines(file, target, limits)
    given.unlink()
    return target


def _book(
    source: Path, dialect: Dialect, folder: Path, limits: Limits
) -> tuple[Path, tuple[str, ...]]:
    target = folder / "plain.csv"
    path = source
    if dialect.compression is not Compression.NONE:
        path = _unpack(source, dialect, folder / "unpacked", limits)
    check_protection(path)
    with target.open("wb") as out:
        told = convert_book(path, out, dialect, limits)
    if path != source:
        path.unlink()
    return target, tuple(told["warnings"])


def _described(path: Path, dialect: Dialect, limits: Limits, warnings: tuple[str, ...]) -> Plain:
    """Return what was converted: of a sheet the header is where it was, of others we wrote it."""
    is_sheet = dialect.format in (Format.XLSX, Format.ODS)
    header_row = dialect.header_row if is_sheet else 1
    head = head_of(
        path,
        delimiter=",",
        quote=QUOTE,
        header_row=header_row,
        guarded=dialect.format.guarded,
        limits=limits,
    )
    return Plain(
        path=path,
        delimiter=",",
        quote=QUOTE,
        # A cell of a sheet is empty, and no more is told of it.
        empty_texts=dialect.empty_texts and not is_sheet,
        columns=head.columns,
        offset=head.offset,
        first_line=header_row + 1 if is_sheet else 1,
        row_is_line=True,
        guarded=dialect.format.guarded,
        warnings=(*warnings, *head.warnings),
    )


def _unpack(source: Path, dialect: Dialect, target: Path, limits: Limits) -> Path:
    with unpacked(source, dialect, limits) as file, target.open("wb") as out:
        shutil.copyfileobj(file, out, BLOCK_BYTES)
    return target
