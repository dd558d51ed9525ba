"""Hearing from Redis what others have changed: by its protocol for caches of clients.

redis-py has such a cache, which refuses servers before 7.4 and cannot be told of groups. The
protocol itself, `CLIENT TRACKING ON BCAST`, is Redis 6.0's; it needs connections of its own, by
RESP3, one to each server that is written to.
"""

import selectors
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from redis import RedisCluster
from redis.exceptions import ConnectionError as LostError

from kernel.cache.places import Place, place_of
from kernel.cache.shared import GENERATION, SIGNAL, Shared
from kernel.redis.clients import TIMEOUT_SECONDS, Client, connect, primaries

#: How often a server is asked whether it is still there, and how long its answer may take: a
#: connection that nobody has closed may lead nowhere.
PING_SECONDS = 0.5
#: How often a cluster is asked which of its servers are written to.
LOOK_SECONDS = 5.0

Heard = Callable[[Place | None], None]


class OverRedis:
    """One way to tell other processes, and to hear from them; it keeps values, too."""

    #: Whether what was told is told once more a little later.
    twice = True

    def __init__(self, url: str) -> None:
        self._url = url
        self._shared: Shared | None = None
        self._listening: Client | None = None

    def shared(self) -> Shared:
        """Return the values in Redis; raises RedisError when a cluster does not answer."""
        if self._shared is None:
            self._shared = Shared(connect(self._url))
        return self._shared

    def heard(self, place: Place | None) -> None:
        """Ask Redis anew for what somebody has changed; None is all."""
        if self._shared is not None:
            self._shared.heard(place)

    def tell(self, place: Place) -> None:
        """Forget it in Redis, of which those hear who listen."""
        self.shared().forget(place)

    def listen(self, heard: Heard, ready: Callable[[], None], stopping: Event) -> None:
        """Pass on what is forgotten until it is to stop; raises when a connection is lost.

        `ready` is called when nothing is missed any more, before what is in Redis is used.
        """
        # Kept, as it knows more servers of a cluster than the URL names.
        client = self._listening = self._listening or connect(self._url, protocol=3)
        if isinstance(client, RedisCluster):
            client.nodes_manager.initialize()
        with _lines(client, heard) as lines:
            self.shared().begin_anew_after(_servers(client))
            ready()
            _pass_on(client, lines, stopping)


class _Line:
    """A connection that hears of one server's keys."""

    def __init__(self, connection: Any, heard: Heard) -> None:
        self._heard = heard
        self._connection = connection
        connection.connect()
        connection._parser.set_invalidation_push_handler(self._told)
        prefixes = [part for prefix in (SIGNAL, GENERATION) for part in ("PREFIX", prefix)]
        connection.send_command("CLIENT", "TRACKING", "ON", "BCAST", *prefixes)
        if connection.read_response() not in (b"OK", "OK"):
            raise LostError("the server does not track")
        self.asked_at: float | None = None

    @property
    def socket(self) -> Any:
        """What to wait for."""
        if self._connection._sock is None:
            raise LostError("the connection is closed")
        return self._connection._sock

    def ask(self) -> None:
        """Ask whether the server is there; raises LostError when it has not answered the last."""
        if self.asked_at is not None:
            raise LostError("the server does not answer")
        self.asked_at = time.monotonic()
        self._connection.send_command("PING", check_health=False)

    def read(self) -> None:
        """Read what has come."""
        while self._connection.can_read(timeout=0):
            self._connection.read_response(push_request=True)
            self.asked_at = None

    def close(self) -> None:
        self._connection.disconnect()

    def _told(self, message: Any) -> None:
        # None is all keys: FLUSHALL.
        for key in message[1] or (None,):
            self._heard(_meant(key))


@contextmanager
def _lines(client: Client, heard: Heard) -> Iterator[list[_Line]]:
    lines: list[_Line] = []
    try:
        for server in primaries(client):
            # One by one: those that were made are closed when the next fails.
            lines.append(_Line(server.connection_pool.make_connection(), heard))  # noqa: PERF401
        yield lines
    finally:
        for line in lines:
            line.close()


def _pass_on(client: Client, lines: list[_Line], stopping: Event) -> None:
    servers, asked, looked = _names(client), time.monotonic(), time.monotonic()
    while not stopping.is_set():
        for line in _ready(lines):
            line.read()
        now = time.monotonic()
        if now - asked >= PING_SECONDS:
            asked = now
            for line in lines:
                line.ask()
        if now - looked >= LOOK_SECONDS and isinstance(client, RedisCluster):
            looked = now
            client.nodes_manager.initialize()
            if _names(client) != servers:
                raise LostError("the cluster has other masters")


def _ready(lines: list[_Line]) -> list[_Line]:
    # select() takes no file whose number is 1024 or more.
    with selectors.DefaultSelector() as selector:
        for line in lines:
            selector.register(line.socket, selectors.EVENT_READ, line)
        return [key.data for key, _ in selector.select(TIMEOUT_SECONDS)]


def _servers(client: Client) -> str:
    """Return which runs of which servers these are."""
    runs: list[Any] = [server.info("server")["run_id"] for server in primaries(client)]
    return "+".join(sorted(runs))


def _names(client: Client) -> set[str]:
    if not isinstance(client, RedisCluster):
        return set()
    cluster: Any = client
    return {node.name for node in cluster.get_primaries()}


def _meant(key: bytes | str | None) -> Place | None:
    if key is None:
        return None
    text = key.decode(errors="replace") if isinstance(key, bytes) else key
    return place_of(text.partition("{")[2].rstrip("}"))
