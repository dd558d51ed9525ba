"""Server-sent events that go on where they were cut."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import httpx
from httpx_sse import ServerSentEvent, aconnect_sse, connect_sse

from septet_client.attempts import AGAIN
from septet_client.transport import checked

#: The platform sends a comment every 15 seconds: who hears nothing for longer is cut off.
SILENCE_SECONDS = 45.0
LONGEST_PAUSE_SECONDS = 30.0


@dataclass(slots=True)
class _Place:
    """How far a listener is, and how long it waits before it comes again."""

    failed: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def heard(self, event: ServerSentEvent) -> None:
        self.failed = 0
        if event.id:
            self.headers = {"Last-Event-ID": event.id}

    def pause(self) -> float:
        self.failed += 1
        longest = min(LONGEST_PAUSE_SECONDS, 0.5 * 2 ** min(self.failed, 8))
        return random.uniform(0.1, longest)  # noqa: S311  # nosec B311  # no secret


def listen(http: httpx.Client, path: str) -> Iterator[ServerSentEvent]:
    """Give events for ever; what was missed while the line was cut is given first.

    An event may come twice, with the same id. Raises SeptetError when the stream is refused.
    """
    place = _Place()
    while True:
        try:
            with connect_sse(
                http, "GET", path, headers=place.headers, timeout=_timeout()
            ) as source:
                if not _try_again(source.response):
                    if source.response.is_error:
                        source.response.read()
                    checked(source.response)
                    for event in source.iter_sse():
                        place.heard(event)
                        yield event
        except httpx.TransportError:
            pass
        time.sleep(place.pause())


async def listen_async(http: httpx.AsyncClient, path: str) -> AsyncIterator[ServerSentEvent]:
    """The same for asyncio."""
    place = _Place()
    while True:
        try:
            async with aconnect_sse(
                http, "GET", path, headers=place.headers, timeout=_timeout()
            ) as source:
                if not _try_again(source.response):
                    if source.response.is_error:
                        await source.response.aread()
                    checked(source.response)
                    async for event in source.aiter_sse():
                        place.heard(event)
                        yield event
        except httpx.TransportError:
            pass
        await asyncio.sleep(place.pause())


def _timeout() -> httpx.Timeout:
    return httpx.Timeout(10, read=SILENCE_SECONDS)


def _try_again(response: httpx.Response) -> bool:
    return response.status_code in AGAIN
