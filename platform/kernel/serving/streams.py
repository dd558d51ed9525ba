"""Streams of events, and long polls: nobody who waits holds a thread.

A raw ASGI application in front of Django. Who may listen, and to what, is Django's to say: its
answer is the beginning of the stream, with what `kernel.streams` put into its headers. An answer
without that is passed on as it is.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import orjson
import prometheus_client

from kernel.errors import UnavailableError
from kernel.serving.asgi import DJANGO, SILENCE_SECONDS, Message, Receive, Scope, Send, refuse
from kernel.serving.broadcast import Broadcaster, Listener, broadcaster

logger = logging.getLogger(__name__)

#: Something is sent at least so often, or proxies take the stream for dead.
HEARTBEAT_SECONDS = 15.0
#: Then the listener comes again, and is asked again who it is.
LONGEST_SECONDS = 900.0
#: Of one process, and of one tenant in it, unless a stream has a room of its own.
MOST_LISTENERS = 1_000
MOST_OF_TENANT = 200

#: Where Django's answer says what to listen to; no client sees it.
LISTEN_HEADER = b"x-septet-listen"

LISTENERS = prometheus_client.Gauge(
    "septet_stream_listeners",
    "Open streams and long polls.",
    ["stream"],
    multiprocess_mode="livesum",
)
EVENTS = prometheus_client.Counter(
    "septet_stream_events_total", "Events sent to listeners.", ["stream"]
)
CUT = prometheus_client.Counter(
    "septet_stream_listeners_cut_total",
    "Listeners that took events too slowly, or for whom there was no room.",
    ["stream", "reason"],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """What Django lets somebody listen to."""

    topic: str
    tenant: str
    position: int
    #: The id of the event that Django's answer ends with: not told again.
    seen: str = ""
    #: By which key somebody listens; empty where that is asked for only at the beginning.
    key: str = ""
    #: For a long poll: how long to wait for an event before the answer counts. 0 for a stream.
    wait_seconds: float = 0.0

    def header(self) -> str:
        """Return it as Django's answer carries it."""
        return orjson.dumps(self).decode("ascii")


class Room:
    """How many listen, of one tenant and of all."""

    def __init__(self, most: int | None = None, most_of_tenant: int | None = None) -> None:
        self.taken = 0
        self._most, self._most_of_tenant = most, most_of_tenant
        self._of_tenant: Counter[str] = Counter()

    @contextmanager
    def place(self, tenant: str, stream: str) -> Iterator[None]:
        """Take a place; raises UnavailableError where there is none left."""
        most = self._most or MOST_LISTENERS
        most_of_tenant = self._most_of_tenant or MOST_OF_TENANT
        if self.taken >= most or self._of_tenant[tenant] >= most_of_tenant:
            CUT.labels(stream, "no_room").inc()
            raise UnavailableError("too many listen here; try again in a moment")
        self.taken += 1
        self._of_tenant[tenant] += 1
        LISTENERS.labels(stream).inc()
        try:
            yield
        finally:
            self.taken -= 1
            self._of_tenant[tenant] -= 1
            self._of_tenant += Counter()
            LISTENERS.labels(stream).dec()


room = Room()


class EventStreams:
    """Everybody who listens under one prefix.

    What is published reaches them by `broadcaster`. `look` is for what happens elsewhere: it is
    called on one thread with the topics that somebody listens to, again after so many seconds, and
    publishes what it finds. Once nobody listens it is called with none, to let go of what it holds.
    `ended` is asked as often, which of the keys by which somebody listens open nothing any more:
    their streams end. A stream with a `room` of its own takes no place from the others.
    """

    def __init__(
        self,
        name: str,
        *,
        source: Broadcaster = broadcaster,
        look: Callable[[set[str]], None] | None = None,
        ended: Callable[[set[str]], set[str]] | None = None,
        every_seconds: float = 1.0,
        room: Room | None = None,
    ) -> None:
        self._name = name
        self._room = room
        self._source = source
        self._look = look
        self._ended = ended
        self._by_key: dict[str, set[Listener]] = {}
        self._every_seconds = every_seconds
        self._topics: Counter[str] = Counter()
        self._looking: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"{name}-stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        django = scope["state"][DJANGO]
        answer = _Answer(send)
        if scope["method"] != "GET":
            await django(scope, receive, send)
            return
        await django(scope, receive, answer)
        listen = answer.listen
        if listen is None:
            return
        try:
            own = self._room or room
            with own.place(listen.tenant, self._name), self._looked_for(listen.topic):
                if not listen.wait_seconds:
                    await answer.begin()
                    await self._follow(listen, receive, send)
                    return
                await self._wait(listen, receive)
        except UnavailableError as error:
            await refuse(send, error)
            return
        await django(scope, _no_body, _Answer(send, final=True))

    async def _follow(self, listen: Listen, receive: Receive, send: Send) -> None:
        with self._listening(listen) as listener:
            left = asyncio.create_task(_until_gone(receive, listener))
            pieces = _pieces(listener, listen.seen, self._name)
            try:
                async for piece in pieces:
                    async with asyncio.timeout(SILENCE_SECONDS):
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
            except TimeoutError:
                CUT.labels(self._name, "silent").inc()
            finally:
                left.cancel()

    async def _wait(self, listen: Listen, receive: Receive) -> None:
        """Wait for an event, until it is time to answer, or until nobody waits any more."""
        with self._listening(listen) as listener:
            left = asyncio.create_task(_until_gone(receive, listener))
            with suppress(TimeoutError):
                async with asyncio.timeout(listen.wait_seconds):
                    await listener.next()
            left.cancel()

    @contextmanager
    def _listening(self, listen: Listen) -> Iterator[Listener]:
        with self._source.listening(listen.topic, listen.position) as listener:
            if listen.key:
                self._by_key.setdefault(listen.key, set()).add(listener)
            try:
                yield listener
            finally:
                if listen.key:
                    self._by_key[listen.key].discard(listener)
                    if not self._by_key[listen.key]:
                        del self._by_key[listen.key]

    @contextmanager
    def _looked_for(self, topic: str) -> Iterator[None]:
        self._topics[topic] += 1
        if self._look and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._keep_looking(self._look))
        try:
            yield
        finally:
            self._topics[topic] -= 1
            self._topics += Counter()

    async def _keep_looking(self, look: Callable[[set[str]], None]) -> None:
        loop = asyncio.get_running_loop()
        while self._topics:
            try:
                await loop.run_in_executor(self._thread, look, set(self._topics))
                await self._end_keys(loop)
            except Exception:
                logger.exception("stream %s could not look for news; listeners wait", self._name)
            await asyncio.sleep(self._every_seconds)
        await loop.run_in_executor(self._thread, look, set())

    async def _end_keys(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._ended is None or not self._by_key:
            return
        for key in await loop.run_in_executor(self._thread, self._ended, set(self._by_key)):
            for listener in self._by_key.get(key, ()):
                listener.end()


class _Answer:
    """What Django answers: passed on, but for the beginning of what somebody may listen to."""

    def __init__(self, send: Send, *, final: bool = False) -> None:
        self._send = send
        self._final = final
        self._held: list[Message] = []
        self.listen: Listen | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = self._start(message)
        if self.listen is None:
            await self._send(message)
        else:
            self._held.append({**message, "more_body": True})

    async def begin(self) -> None:
        """Send what was held back, and leave it open."""
        for message in self._held:
            await self._send(message)

    def _start(self, message: Message) -> Message:
        found = dict(message["headers"]).get(LISTEN_HEADER)
        if found is None:
            return message
        ours = {LISTEN_HEADER}
        if not self._final:
            self.listen = Listen(**orjson.loads(found))
            ours.add(b"content-length")
        headers = [header for header in message["headers"] if header[0] not in ours]
        return {**message, "headers": headers}


async def _pieces(listener: Listener, seen: str, name: str) -> AsyncIterator[bytes]:
    """Yield what is to be sent, until there is nothing more to hear."""
    until = time.monotonic() + LONGEST_SECONDS
    while (left := until - time.monotonic()) > 0:
        try:
            async with asyncio.timeout(min(left, HEARTBEAT_SECONDS)):
                event = await listener.next()
        except TimeoutError:
            yield b":\n\n"
            continue
        if event is None:
            return
        if not event.id or event.id != seen:
            seen = event.id
            EVENTS.labels(name).inc()
            yield event.encode()
        if event.last:
            return


async def _until_gone(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.end()


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
