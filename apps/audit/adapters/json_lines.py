"""Files with one JSON object a line, plain or gzipped, read without holding them in memory."""

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, Self, cast

from kernel.errors import InvalidInputError

MAX_LINE_BYTES = 1_000_000
#: A file none of whose first lines is JSON is refused whole.
SNIFFED_LINES = 20
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not empty: a record, or the reason why it is none."""

    number: int
    record: dict[str, Any] | None = None
    problem: str = ""


class JsonLines:
    """A file being read; `bytes_read` of `bytes_total` tells how far."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path = path
        self._file = file
        self.bytes_total = path.stat().st_size

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Open a file; raises InvalidInputError when it can't be read or holds no JSON."""
        try:
            file = path.open("rb")
        except OSError as error:
            raise InvalidInputError(f"{path} cannot be read: {error.strerror}") from None
        with file:
            lines = cls(path, file)
            lines.refuse_other_forms()
            yield lines

    @property
    def bytes_read(self) -> int:
        return self._file.tell()

    def __iter__(self) -> Iterator[Line]:
        """Yield every line with anything on it; raises InvalidInputError where the file breaks."""
        self._file.seek(0)
        number = 0
        try:
            for number, raw in enumerate(raw_lines(_plain(self._file)), start=1):
                if raw.strip():
                    yield line_of(number, raw)
        except (EOFError, OSError, zlib.error) as error:
            raise InvalidInputError(
                f"{self._path} ends or breaks after line {number}: {error}"
            ) from None

    def refuse_other_forms(self) -> None:
        """Raise InvalidInputError when none of the first lines is JSON."""
        last = ""
        for line, _ in zip(self, range(SNIFFED_LINES), strict=False):
            if line.record is not None:
                return
            last = line.problem
        raise InvalidInputError(
            f"{self._path} is not a file of JSON lines: {last or 'it is empty'}"
        )


def _plain(file: IO[bytes]) -> IO[bytes]:
    magic = file.read(2)
    file.seek(0)
    return cast(IO[bytes], gzip.GzipFile(fileobj=file)) if magic == _GZIP_MAGIC else file


class Readable(Protocol):
    """What can be read by lines, each up to a length."""

    def readline(self, size: int, /) -> bytes: ...


def raw_lines(file: Readable) -> Iterator[bytes]:
    """Yield lines; of one that is too long no more than its beginning."""
    while raw := file.readline(MAX_LINE_BYTES + 1):
        whole = raw
        # The rest of a line that is too long is passed over, so that the next one is read whole.
        while len(raw) > MAX_LINE_BYTES and not raw.endswith(b"\n"):
            raw = file.readline(MAX_LINE_BYTES + 1)
        yield whole


def line_of(number: int, raw: bytes) -> Line:
    """Return what a line holds, or why it is no record."""
    if len(raw) > MAX_LINE_BYTES:
        return Line(number, problem=f"a line has at most {MAX_LINE_BYTES} bytes")
    try:
        record = json.loads(raw)
    except UnicodeDecodeError:
        return Line(number, problem="not JSON: it is not text")
    except (ValueError, RecursionError) as error:
        return Line(number, problem=f"not JSON: {error}")
    if not isinstance(record, dict):
        return Line(number, problem=f"an object was expected, found {type(record).__name__}")
    return Line(number, record)
