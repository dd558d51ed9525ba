"""The zip that a workbook is, the same for the same parts."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

_WHEN = (1980, 1, 1, 0, 0, 0)


class Package:
    """A zip whose parts are written one after another."""

    def __init__(self, out: Any) -> None:
        self._forward = _Forward(out)
        self._zip = zipfile.ZipFile(
            cast(IO[bytes], self._forward), "w", zipfile.ZIP_DEFLATED, compresslevel=6
        )

    def add(self, name: str, content: str, *, stored: bool = False) -> None:
        """Add a small part."""
        entry = _entry(name)
        entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
        self._zip.writestr(entry, content.encode(), compresslevel=6)

    @contextmanager
    def part(self, name: str) -> Iterator[IO[bytes]]:
        """Open a long part for writing; no other may be open."""
        with self._zip.open(_entry(name), "w", force_zip64=True) as part:
            yield part

    def close(self) -> None:
        """Write where everything is."""
        self._zip.close()

    def drop(self) -> None:
        """Write no more: of what is left open something is written when it is closed."""
        self._forward.dropped = True


class _Forward:
    """A file that is written from its beginning to its end: what compresses it cannot go back."""

    def __init__(self, out: Any) -> None:
        self._out = out
        self.dropped = False

    def write(self, data: bytes) -> int:
        if not self.dropped:
            self._out.write(data)
        return len(data)

    def flush(self) -> None:
        """What is under it is flushed by who made it."""


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry
