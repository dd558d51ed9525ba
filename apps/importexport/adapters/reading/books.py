"""Workbooks and Parquet files become CSV, in a process that can do nothing else."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from apps.importexport import errors
from apps.importexport.conf import READING_MEMORY_BYTES, READING_TIME
from apps.importexport.domain.formats.dialects import Dialect, Format
from apps.importexport.domain.formats.guessing import OLE
from apps.importexport.domain.formats.limits import Limits
from kernel import sandbox

_BLOCK_BYTES = 1 << 20
#: Of the texts of a sheet or a Parquet file.
_READ_BYTES = 2_000_000_000
BOOKS = sandbox.Sandbox("apps.importexport.adapters.sandboxed.program")
_REFUSALS: dict[str, type[errors.SourceRefusedError]] = {
    one.code: one
    for one in (
        errors.SourceChoiceError,
        errors.SourceEmptyError,
        errors.SourceProtectedError,
        errors.SourceEncodingError,
        errors.SourceTooLargeError,
        errors.SourceUnreadableError,
    )
}


def convert_book(
    source: Path, into: BinaryIO, dialect: Dialect, limits: Limits, *, rows: int = 0
) -> dict[str, Any]:
    """Write what a sheet or a Parquet file holds, a record for each row; the first so many, if any.

    Returns `warnings`, and of a workbook its `sheets`. Raises SourceRefusedError.
    """
    size = source.stat().st_size
    if size > limits.book_bytes:
        raise errors.SourceTooLargeError(
            f"a file of this kind has at most {limits.book_bytes:,} bytes: save it as CSV"
        )
    arguments: dict[str, Any] = {"rows": rows, "limits": asdict(limits)}
    function = "parquet"
    if dialect.format is not Format.PARQUET:
        function = "sheet"
        arguments["sheet"] = dialect.sheet
    try:
        with source.open("rb") as file:
            answer = BOOKS.run(
                function,
                _blocks(file),
                size=size,
                limits=_taken(),
                arguments=arguments,
                into=into,
            )
    except sandbox.SandboxError as error:
        raise _refusal(error) from error
    return answer.told


def check_protection(source: Path) -> None:
    """Raise SourceProtectedError for a workbook in the case of one with a password."""
    with source.open("rb") as file:
        if file.read(len(OLE)) == OLE:
            raise errors.SourceProtectedError(
                "the workbook takes a password, or is of an old kind (.xls): save it as .xlsx"
                " without a password"
            )


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(_BLOCK_BYTES):
        yield block


def _taken() -> sandbox.Limits:
    seconds = READING_TIME.value().total_seconds()
    return sandbox.Limits(
        memory_bytes=READING_MEMORY_BYTES.value(),
        cpu_seconds=max(int(seconds), 1),
        # Others work beside it.
        seconds=3 * seconds,
        output_bytes=_READ_BYTES,
    )


def _refusal(error: sandbox.SandboxError) -> errors.SourceRefusedError:
    if refusal := _REFUSALS.get(error.code):
        return refusal(str(error))
    if error.code == sandbox.SandboxReason.FAILED:
        return errors.SourceUnreadableError(
            "the file is damaged, or not of the format that was said: open and save it anew"
        )
    return errors.SourceTooLargeError(
        "reading the file takes more memory or time than one may, as when a cell stands far from"
        " the others: take that away, or save the sheet as CSV"
    )
