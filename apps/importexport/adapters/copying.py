"""What PostgreSQL writes by `COPY … TO` as CSV, as exports of ours have it."""

from collections.abc import Iterable, Iterator

#: PostgreSQL ends lines as Unix does; RFC 4180, and our other writers, do not.
_LINE_END = b"\r\n"


def copied_lines(
    stream: Iterable[bytes | bytearray | memoryview], *, together: int
) -> Iterator[tuple[int, bytearray]]:
    """Yield the lines of a copy, so many together, and how many they are."""
    some, count = bytearray(), 0
    for record in stream:
        some += record
        some[-1:] = _LINE_END
        count += 1
        if count == together:
            yield count, some
            some, count = bytearray(), 0
    if count:
        yield count, some
