"""Events for who listens in this process, told from any thread.

The database is the truth, and this only tells of it: what was missed is read there by whoever
comes again. Other processes have broadcasters of their own.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock

#: The last events of all topics, for who reads the database just now and listens a moment later.
MOST_REMEMBERED = 1_024
#: Events that a listener may have to be sent. Who takes them more slowly is cut off.
MOST_WAITING = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """One server-sent event; `data` is one line, such as JSON, and `id` is where to go on from."""

    data: bytes
    id: str = ""
    name: str = ""
    #: The stream ends with it; with no data it only ends.
    last: bool = False

    def encode(self) -> bytes:
        """Return it as it is sent."""
        if not self.data:
            return b""
        head = f"id: {self.id}\n" if self.id else ""
        head += f"event: {self.name}\n" if self.name else ""
        return head.encode() + b"data: " + self.data + b"\n\n"


class Listener:
    """One who listens, on an event loop; its queue is that loop's alone."""

    __slots__ = ("_events", "_news", "cut", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.cut = False
        self._events: deque[StreamEvent] = deque()
        self._news = asyncio.Event()

    def offer(self, event: StreamEvent) -> None:
        """Queue it; whoever is too slow is cut off instead, and reads anew when it is back."""
        if len(self._events) >= MOST_WAITING:
            self.end()
        elif not self.cut:
            self._events.append(event)
            self._news.set()

    def end(self) -> None:
        """Let there be nothing more to hear."""
        self._events.clear()
        self.cut = True
        self._news.set()

    async def next(self) -> StreamEvent | None:
        """Wait for the next event; None when it is cut off."""
        while not self._events and not self.cut:
            self._news.clear()
            await self._news.wait()
        return None if self.cut else self._events.popleft()


class Broadcaster:
    """Who listens to which topic."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._told = 0
        self._remembered: deque[tuple[str, StreamEvent]] = deque(maxlen=MOST_REMEMBERED)
        self._listeners: dict[str, set[Listener]] = {}

    def position(self) -> int:
        """Return where to listen from, taken before what is told first is read."""
        return self._told

    def topics(self) -> set[str]:
        """Return what somebody listens to."""
        with self._lock:
            return set(self._listeners)

    def publish(self, topic: str, event: StreamEvent) -> None:
        """Tell everybody who listens to this; from any thread, without waiting for anybody."""
        with self._lock:
            self._told += 1
            self._remembered.append((topic, event))
            listeners = tuple(self._listeners.get(topic, ()))
        for loop in {listener.loop for listener in listeners}:
            with suppress(RuntimeError):  # the loop has ended, and its listeners with it
                loop.call_soon_threadsafe(_offer, listeners, loop, event)

    @contextmanager
    def listening(self, topic: str, position: int) -> Iterator[Listener]:
        """Listen to everything after a position; called on an event loop."""
        listener = Listener(asyncio.get_running_loop())
        with self._lock:
            self._listeners.setdefault(topic, set()).add(listener)
            missed = self._since(topic, position)
        try:
            if missed is None:
                listener.end()
            for event in missed or ():
                listener.offer(event)
            yield listener
        finally:
            with self._lock:
                self._listeners[topic].discard(listener)
                if not self._listeners[topic]:
                    del self._listeners[topic]

    def _since(self, topic: str, position: int) -> list[StreamEvent] | None:
        """Return what was told of a topic after a position; None where that is forgotten."""
        newer = self._told - position
        if newer > len(self._remembered):
            return None
        last = [self._remembered[-number] for number in range(newer, 0, -1)]
        return [event for of, event in last if of == topic]


def _offer(
    listeners: tuple[Listener, ...], loop: asyncio.AbstractEventLoop, event: StreamEvent
) -> None:
    for listener in listeners:
        if listener.loop is loop:
            listener.offer(event)


broadcaster = Broadcaster()
