"""Bodies of requests that bring entries, read as they come: no more than a line is held."""

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Protocol

from apps.audit.adapters.json_lines import Line, line_of, raw_lines
from apps.audit.errors import BrokenBodyError
from kernel.errors import InvalidInputError, LimitExceededError, PayloadTooLargeError

#: What a body may hold once it is unpacked, and how much that may be for each byte that was sent.
MOST_PLAIN_BYTES = 50_000_000
MOST_RATIO = 100
#: From here on the ratio counts: what is short packs well.
RATIO_COUNTS_FROM = 1_000_000
MOST_LINES = 20_000
#: What is one JSON value is read whole.
MOST_WHOLE_BYTES = 4_000_000


class Stream(Protocol):
    """Bytes that come one after the other."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


class Sent:
    """What was sent of a body: counted, and missed when less comes than was announced."""

    def __init__(self, stream: Stream, *, announced: int, most: int) -> None:
        if announced > most:
            raise PayloadTooLargeError(f"a body has at most {most} bytes, found {announced}")
        self._stream = stream
        self._announced = announced
        self.bytes_read = 0

    def read(self, size: int) -> bytes:
        return self._counted(self._stream.read(size))

    def readline(self, size: int) -> bytes:
        return self._counted(self._stream.readline(size))

    def _counted(self, some: bytes) -> bytes:
        self.bytes_read += len(some)
        if not some and self.bytes_read < self._announced:
            raise EOFError(f"{self._announced} bytes were announced, {self.bytes_read} came")
        return some


class Unpacked:
    """What a body holds, within its limits; a bomb is found before it is held."""

    def __init__(self, packed: Sent) -> None:
        self._packed = packed
        # It is never asked where it stands, and reads nothing but `read`.
        self._plain = gzip.GzipFile(fileobj=packed, mode="rb")  # type: ignore[call-overload]
        self._count = 0

    def read(self, size: int) -> bytes:
        return self._counted(self._plain.read(size))

    def readline(self, size: int) -> bytes:
        return self._counted(self._plain.readline(size))

    def _counted(self, some: bytes) -> bytes:
        self._count += len(some)
        if self._count > RATIO_COUNTS_FROM and self._count > self._packed.bytes_read * MOST_RATIO:
            raise PayloadTooLargeError(f"a body unpacks to at most {MOST_RATIO} times its length")
        if self._count > MOST_PLAIN_BYTES:
            raise PayloadTooLargeError(f"a body unpacks to at most {MOST_PLAIN_BYTES} bytes")
        return some


def json_lines(body: Stream) -> Iterator[Line]:
    """Yield every line with anything on it.

    Raises BrokenBodyError where the body breaks, PayloadTooLargeError and LimitExceededError
    where it is beyond a limit.
    """
    number = 0
    try:
        for number, raw in enumerate(raw_lines(body), start=1):
            if number > MOST_LINES:
                raise LimitExceededError(f"a body has at most {MOST_LINES} lines; send the rest")
            if raw.strip():
                yield line_of(number, raw)
    except (EOFError, OSError, zlib.error) as error:
        raise BrokenBodyError(f"the body ends or breaks after line {number}: {error}") from None


def json_array(body: Stream) -> Iterator[Line]:
    """Yield the items of a JSON array, or the one object that is there instead of it.

    Raises BrokenBodyError, PayloadTooLargeError, InvalidInputError.
    """
    try:
        text = body.read(MOST_WHOLE_BYTES + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise BrokenBodyError(f"the body ends or breaks: {error}") from None
    if len(text) > MOST_WHOLE_BYTES:
        raise PayloadTooLargeError(f"in this form a body has at most {MOST_WHOLE_BYTES} bytes")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"not JSON: {error}") from None
    for number, item in enumerate(told if isinstance(told, list) else [told], start=1):
        if isinstance(item, dict):
            yield Line(number, item)
        else:
            yield Line(number, problem=f"an object was expected, found {type(item).__name__}")
