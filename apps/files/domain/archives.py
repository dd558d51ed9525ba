"""What is inside an archive, member by member, as long as it keeps to limits.

Nothing of it is ever unpacked under a name: bytes go to temporary files that have none, so that
they are gone with this process, however it ends.
"""

import bz2
import gzip
import io
import lzma
import os
import re
import stat
import struct
import tarfile
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Literal

import zstandard

from apps.files.domain.sniffing import BZIP2, SNIFFED_BYTES, is_tar

Kind = Literal["zip", "tar", "gzip", "bzip2", "xz", "zstd"]

CHUNK_BYTES = 64 * 1024
#: So much may come out of however little: short texts are packed well, and harm nobody.
FREE_BYTES = 10_000_000
#: So long may the directory of a zip be: it is held in memory. What else is read of an archive at
#: once, such as a header of a tar, is no longer than a chunk.
MOST_DIRECTORY_BYTES = 4 * 1024 * 1024
#: What the dictionary of an xz may take; `xz -9` needs 65 MB to unpack.
_XZ_MEMORY_BYTES = 80 * 1024 * 1024
#: What of a zstd may be referred to; `zstd -19` needs 8 MB, and `--long` as much as it is told.
_ZSTD_WINDOW_BYTES = 64 * 1024 * 1024

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
#: Packed in ways that nothing here can read.
_FOREIGN = (
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"MSCF\x00\x00\x00\x00", "Cabinet"),
    (b"\x5d\x00\x00", "LZMA"),
)
#: In the last so many bytes a zip ends: with a comment, as long as one can be.
_ZIP_END_BYTES = 22 + 65_535
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2}
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_OUTSIDE = re.compile(r"[/\\]|[A-Za-z]:|(?:.*[/\\])?\.\.(?:[/\\]|$)", re.DOTALL)


class ArchiveError(ValueError):
    """An archive that is not looked into any further; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a file may hold, all that is packed in it together."""

    depth: int
    members: int
    unpacked_bytes: int
    #: How many bytes may come out of one.
    ratio: int
    seconds: float


@dataclass(slots=True)
class Budget:
    """What of the limits is left."""

    limits: Limits
    members: int = 0
    unpacked_bytes: int = 0
    _begun: float = field(default_factory=time.monotonic)

    def enter(self, depth: int) -> None:
        """Count an archive in archives; raises ArchiveError."""
        if depth > self.limits.depth:
            raise ArchiveError(f"archives are nested more than {self.limits.depth} deep")

    def count_member(self) -> None:
        """Count a member; raises ArchiveError."""
        self.members += 1
        if self.members > self.limits.members:
            raise ArchiveError(f"there are more than {self.limits.members:,} members in it")
        self.look_at_time()

    def count_bytes(self, size: int) -> None:
        """Count what was unpacked; raises ArchiveError."""
        self.unpacked_bytes += size
        if self.unpacked_bytes > self.limits.unpacked_bytes:
            raise ArchiveError(f"it unpacks to more than {self.limits.unpacked_bytes:,} bytes")
        self.look_at_time()

    def look_at_time(self) -> None:
        """Raise ArchiveError when it has taken too long."""
        if time.monotonic() - self._begun > self.limits.seconds:
            raise ArchiveError(f"looking into it took more than {self.limits.seconds:g} seconds")


@dataclass(frozen=True, slots=True)
class Member:
    """What is in an archive: its way there, and its bytes at their beginning."""

    path: str
    file: IO[bytes]


def kind_of(file: IO[bytes]) -> Kind | None:
    """Return what kind of archive it is, None for none; raises ArchiveError for foreign ones."""
    file.seek(0)
    return archive_of(file.read(SNIFFED_BYTES)) or ("zip" if _ends_as_zip(file) else None)


def archive_of(head: bytes) -> Kind | None:
    """Return what kind of archive begins so; raises ArchiveError for foreign ones."""
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            raise ArchiveError(f"what {name} packs is not looked into")
    if BZIP2.match(head):
        return "bzip2"
    found = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    return found or ("tar" if is_tar(head) else None)


def members(
    file: IO[bytes], budget: Budget, *, depth: int = 1, path: str = ""
) -> Generator[Member]:
    """Give every member of a file, and every one of archives in it; none of what is no archive.

    Each is good until the next is asked for. Raises ArchiveError.
    """
    kind = kind_of(file)
    if kind is None:
        return
    budget.enter(depth)
    most = max(FREE_BYTES, budget.limits.ratio * file.seek(0, os.SEEK_END))
    file.seek(0)
    with _read_errors(kind):
        for name, chunks in _OPENED[kind](file, budget):
            with tempfile.TemporaryFile() as copy:
                for chunk in chunks:
                    budget.count_bytes(len(chunk))
                    most -= len(chunk)
                    if most < 0:
                        raise ArchiveError(f"more than {budget.limits.ratio} bytes come out of one")
                    copy.write(chunk)
                copy.seek(0)
                yield Member(path + name, copy)
                yield from members(copy, budget, depth=depth + 1, path=f"{path}{name}/")


class _Bounded(io.BufferedIOBase):
    """A file of which nobody reads much at a time, whatever lengths it tells of itself."""

    def __init__(self, file: IO[bytes], most: int = CHUNK_BYTES) -> None:
        self._file, self._most = file, most

    def read(self, size: int | None = -1, /) -> bytes:
        """Return so many bytes; raises ArchiveError when they are too many."""
        asked = self._most + 1 if size is None or size < 0 else min(size, self._most + 1)
        data = self._file.read(asked)
        if len(data) > self._most:
            raise ArchiveError(f"a directory or header is longer than {self._most:,} bytes")
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


_Opened = Iterator[tuple[str, Iterator[bytes]]]


def _zipped(file: IO[bytes], budget: Budget) -> _Opened:
    with zipfile.ZipFile(_Bounded(file, MOST_DIRECTORY_BYTES)) as archive:
        entries = archive.infolist()
        for entry in entries:
            budget.count_member()
            _check_name(entry.orig_filename)
            _check_entry(entry)
        _check_apart(file, entries, archive.start_dir)
        for entry in entries:
            if not (entry.is_dir() and not entry.file_size):
                with archive.open(entry) as source:
                    yield entry.filename, _chunks(source)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    told = repr(entry.filename[:80])
    if entry.flag_bits & _ENCRYPTED:
        raise ArchiveError(f"{told} is encrypted")
    if entry.compress_type not in _METHODS:
        raise ArchiveError(f"{told} is packed by method {entry.compress_type}, not looked into")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ArchiveError(f"{told} is a link")


def _check_apart(file: IO[bytes], entries: list[zipfile.ZipInfo], directory: int) -> None:
    """Raise ArchiveError where entries share bytes: so little becomes much without any nesting.

    https://www.bamsoftware.com/hacks/zipbomb/
    """
    after = directory
    for entry in sorted(entries, key=lambda entry: entry.header_offset, reverse=True):
        file.seek(entry.header_offset)
        mark, name, extra = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
        end = entry.header_offset + _LOCAL_HEADER.size + name + extra + entry.compress_size
        if mark != b"PK\x03\x04" or end > after:
            raise ArchiveError(f"{entry.filename[:80]!r} overlaps what comes after it")
        after = entry.header_offset


def _tarred(file: IO[bytes], budget: Budget) -> _Opened:
    with tarfile.open(fileobj=_Bounded(file), mode="r:") as archive:
        while (entry := archive.next()) is not None:
            # It remembers all of them otherwise.
            archive.members = []  # type: ignore[attr-defined]  # typeshed leaves it out
            archive.pax_headers = {}
            budget.count_member()
            _check_name(entry.name)
            if entry.isfile() and (source := archive.extractfile(entry)) is not None:
                yield entry.name, _chunks(source)
            elif not entry.isdir():
                raise ArchiveError(f"{entry.name[:80]!r} is neither a file nor a folder")
        # It stops at a header that is broken, and other programs go on behind it.
        file.seek(archive.offset)
        for chunk in _chunks(file):
            budget.look_at_time()
            if chunk.count(0) != len(chunk):
                raise ArchiveError("there is more behind its end")


def _gunzipped(file: IO[bytes], budget: Budget) -> _Opened:
    budget.count_member()
    with gzip.GzipFile(fileobj=file) as source:
        yield "gzip", _chunks(source)


def _bunzipped(file: IO[bytes], budget: Budget) -> _Opened:
    budget.count_member()
    yield "bzip2", _unpacked(file, bz2.BZ2Decompressor)


def _unxzed(file: IO[bytes], budget: Budget) -> _Opened:
    budget.count_member()
    yield "xz", _unpacked(file, lambda: lzma.LZMADecompressor(memlimit=_XZ_MEMORY_BYTES))


def _unzstded(file: IO[bytes], budget: Budget) -> _Opened:
    budget.count_member()
    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
    with unpacker.stream_reader(file, read_across_frames=True, closefd=False) as source:
        yield "zstd", _chunks(source)


_OPENED: dict[Kind, Callable[[IO[bytes], Budget], _Opened]] = {
    "zip": _zipped,
    "tar": _tarred,
    "gzip": _gunzipped,
    "bzip2": _bunzipped,
    "xz": _unxzed,
    "zstd": _unzstded,
}


def _unpacked(
    file: IO[bytes], new: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]
) -> Iterator[bytes]:
    """Unpack one stream after the other; `lzma.open` would take as much memory as they want."""
    data = file.read(CHUNK_BYTES)
    while data:
        unpacker = new()
        while not unpacker.eof:
            if unpacker.needs_input and not data:
                data = file.read(CHUNK_BYTES)
                if not data:
                    raise EOFError("it ends too early")
            yield unpacker.decompress(data, CHUNK_BYTES)
            data = b""
        # Streams of xz may have zeros between them.
        data = unpacker.unused_data.lstrip(b"\0")
        while not data and (more := file.read(CHUNK_BYTES)):
            data = more.lstrip(b"\0")


def _chunks(
    source: IO[bytes] | gzip.GzipFile | zstandard.ZstdDecompressionReader,
) -> Iterator[bytes]:
    while chunk := source.read(CHUNK_BYTES):
        yield chunk


def _check_name(name: str) -> None:
    if _OUTSIDE.match(name) or "\0" in name:
        raise ArchiveError(f"a member would be put outside of its folder: {name[:80]!r}")


def _ends_as_zip(file: IO[bytes]) -> bool:
    """Say whether a zip is appended to something else, as in a program that unpacks itself."""
    file.seek(max(file.seek(0, os.SEEK_END) - _ZIP_END_BYTES, 0))
    if b"PK\x05\x06" not in file.read():
        return False
    try:
        zipfile.ZipFile(_Bounded(file, MOST_DIRECTORY_BYTES)).close()
    except ArchiveError:
        raise
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        return False
    return True


@contextmanager
def _read_errors(kind: str) -> Iterator[None]:
    """Say of whatever goes wrong in an unpacker that the archive is broken."""
    broken = (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        lzma.LZMAError,
        zstandard.ZstdError,
        EOFError,
        # A tar with header after header.
        RecursionError,
        NotImplementedError,
        UnicodeError,
        struct.error,
        ValueError,
    )
    try:
        yield
    except ArchiveError:
        raise
    except broken as error:
        raise ArchiveError(f"a broken {kind}: {str(error)[:100]}") from None
    except OSError as error:
        # Unpackers raise one without a number for bytes they can't read; a full disk has one.
        if error.errno is not None:
            raise
        raise ArchiveError(f"a broken {kind}: {str(error)[:100]}") from None
