"""What is compressed is unpacked, a piece at a time, and never beyond the limits."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import zstandard

from apps.importexport.domain.formats.dialects import Compression, Dialect
from apps.importexport.domain.formats.limits import Limits
from apps.importexport.errors import (
    SourceChoiceError,
    SourceProtectedError,
    SourceTooLargeError,
    SourceUnreadableError,
)

BLOCK_BYTES = 1 << 20
#: From so many unpacked bytes on, how many times its own size a source has become counts.
_FREE_BYTES = 100_000_000
#: Of one frame of zstd four bytes may become 128 kB: so much goes in at a time.
_ZSTD_BYTES = 2_048
_MOST_MEMBERS = 10_000
#: Of the directory of a zip; what is longer is not of so many members.
_DIRECTORY_BYTES = 20_000_000
_END, _END_LOCATOR, _END_64 = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
_TABLES = (
    ".csv",
    ".tsv",
    ".tab",
    ".jsonl",
    ".ndjson",
    ".json",
    ".xlsx",
    ".xlsm",
    ".ods",
    ".parquet",
)
_DAMAGED = (zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, zstandard.ZstdError, EOFError)


@contextmanager
def unpacked(source: Path, dialect: Dialect, limits: Limits) -> Iterator[BinaryIO]:
    """Open what is in a source, to be read from its beginning to its end.

    Reading raises SourceRefusedError for what is damaged, cut off, protected or beyond a limit.
    """
    with source.open("rb") as file:
        match dialect.compression:
            case Compression.NONE:
                yield file
            case Compression.GZIP:
                with gzip.GzipFile(fileobj=file) as pieces:
                    yield _opened(_blocks(pieces), source, limits)
            case Compression.ZSTD:
                yield _opened(_zstd(file), source, limits)
            case Compression.ZIP:
                with _archive(source) as archive, _member(archive, dialect.member) as pieces:
                    yield _opened(_blocks(pieces), source, limits)


def members_of(source: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the files in a zip, without what systems put beside them.

    First those that are likely tables, by their names: all, if none of them is.
    """
    with _archive(source) as archive:
        names = [one.filename for one in _files(archive)]
    likely = [one for one in names if one.lower().endswith(_TABLES)] or names
    return tuple(likely), tuple(one for one in names if one not in likely)


def _opened(pieces: Iterator[bytes], source: Path, limits: Limits) -> BinaryIO:
    measured = _measured(pieces, source.stat().st_size, limits)
    return io.BufferedReader(_Pieces(measured), BLOCK_BYTES)


def _blocks(file: io.BufferedIOBase | gzip.GzipFile) -> Iterator[bytes]:
    while block := file.read(BLOCK_BYTES):
        yield block


def _zstd(file: BinaryIO) -> Iterator[bytes]:
    """Yield what frames hold, one after another; EOFError when the last is cut off."""
    frame = None
    while block := file.read(_ZSTD_BYTES):
        while block:
            frame = frame or zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
            if found := frame.decompress(block):
                yield found
            block = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError


def _measured(pieces: Iterator[bytes], size: int, limits: Limits) -> Iterator[bytes]:
    most = min(limits.unpacked_bytes, max(_FREE_BYTES, size * limits.unpacked_times))
    done = 0
    try:
        for piece in pieces:
            done += len(piece)
            if done > most:
                raise SourceTooLargeError(
                    f"the source has {size:,} bytes and unpacks to more than {most:,}:"
                    " send it in parts, or not compressed"
                )
            yield piece
    except _DAMAGED as error:
        raise SourceUnreadableError(
            f"the source is damaged or cut off after {done:,} unpacked bytes: send it once more"
        ) from error


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]  # what it gets
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


@contextmanager
def _archive(source: Path) -> Iterator[zipfile.ZipFile]:
    _check_directory(source)
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError) as error:
        raise SourceUnreadableError("the zip is damaged or cut off: send it once more") from error
    with archive:
        if len(archive.infolist()) > _MOST_MEMBERS:
            raise SourceTooLargeError(f"a zip holds at most {_MOST_MEMBERS:,} files")
        yield archive


def _check_directory(source: Path) -> None:
    """Raise SourceTooLargeError for a zip whose directory takes more memory than one may."""
    with source.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - 66_000))
        tail = file.read()
        at = tail.rfind(_END)
        length = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
        locator = tail[at - 20 : at] if at >= 20 else b""
        if locator.startswith(_END_LOCATOR):
            file.seek(min(int.from_bytes(locator[8:16], "little"), size))
            end = file.read(56)
            if end.startswith(_END_64):
                length = int.from_bytes(end[40:48], "little")
    if length > _DIRECTORY_BYTES:
        raise SourceTooLargeError(f"a zip holds at most {_MOST_MEMBERS:,} files")


def _files(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [
        one
        for one in archive.infolist()
        if not one.is_dir()
        and not one.filename.startswith("__MACOSX/")
        and not one.filename.rpartition("/")[2].startswith(".")
    ]


@contextmanager
def _member(archive: zipfile.ZipFile, name: str) -> Iterator[io.BufferedIOBase]:
    files = _files(archive)
    names = ", ".join(repr(one.filename) for one in files[:20]) or "none"
    found = [one for one in files if not name or one.filename == name]
    if not found:
        raise SourceChoiceError(f"the zip has no file {name!r}: name one of {names}")
    if len(found) > 1:
        raise SourceChoiceError(f"the zip holds several files: name one of {names}")
    if found[0].flag_bits & 1:
        raise SourceProtectedError(f"{found[0].filename!r} takes a password: pack it without one")
    try:
        opened = archive.open(found[0])
    except (NotImplementedError, zipfile.BadZipFile, RuntimeError) as error:
        raise SourceUnreadableError(
            f"{found[0].filename!r} is packed in a way that is not read: pack it as usual"
        ) from error
    with opened as member:
        yield member  # type: ignore[misc]  # ZipExtFile is one
