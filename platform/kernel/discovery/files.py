"""Processes that a file names, which something else writes: read again when it has changed."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from kernel.discovery.addresses import Address, DiscoveryError


class WatchedFile:
    """A JSON object such as `{"files": ["http://10.0.0.7:8000#zone-a"]}`.

    It is to be replaced at once, by renaming another over it. One that cannot be read counts as
    not changed.
    """

    waits = False

    def __init__(self, url: str, service: str) -> None:
        self._path = Path(urlsplit(url).path)
        self._service = service
        self._seen: tuple[int, int, int] | None = None
        self._found: tuple[Address, ...] = ()

    def find(self) -> Sequence[Address]:
        try:
            stat = self._path.stat()
            state = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if state != self._seen:
                listed = orjson.loads(self._path.read_bytes())[self._service]
                self._found = tuple(Address.of(one) for one in listed)
                self._seen = state
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise DiscoveryError(
                f"{self._path} tells nothing of {self._service}: {error}"
            ) from None
        return self._found
