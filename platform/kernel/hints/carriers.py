"""What carries hints from process to process."""

from collections.abc import Callable
from contextlib import closing
from threading import Event
from typing import Any, Protocol

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection
from redis import RedisCluster

from kernel.database.direct import notices, own_connection
from kernel.redis.clients import connect
from kernel.tenancy.aliases import system_alias

#: Of PostgreSQL and of Redis; what is sent is the topic.
CHANNEL = "septet_hints"
#: How often a listener of Redis looks whether it is to stop.
TURN_SECONDS = 1.0
#: How often SQLite is asked whether anybody has committed something, which takes it 2 us.
SQLITE_SECONDS = 0.1

#: Called with a topic, or with None: each of them may have been told.
Heard = Callable[[str | None], None]


class Carrier(Protocol):
    """One way to the other processes."""

    def tell(self, topic: str) -> None:
        """Tell it to all who listen now; may raise."""
        ...

    def listen(self, heard: Heard, stopping: Event) -> None:
        """Pass on what is told until it is to stop; raises when the way is cut.

        It begins with None: what was told while nobody listened.
        """
        ...


class OverRedis:
    """By publishing, to whoever is subscribed at that moment."""

    def __init__(self, url: str) -> None:
        self._redis: Any = connect(url, timeout_seconds=2 * TURN_SECONDS)

    def tell(self, topic: str) -> None:
        """Publish it; any node of a cluster passes it on to all."""
        self._redis.publish(CHANNEL, topic)

    def listen(self, heard: Heard, stopping: Event) -> None:
        """Subscribe by a connection of its own."""
        if isinstance(self._redis, RedisCluster):
            # The node that was listened to may be gone.
            self._redis.nodes_manager.initialize()
        with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
            channel.subscribe(CHANNEL)
            heard(None)
            while not stopping.is_set():
                message = channel.get_message(timeout=TURN_SECONDS)
                if message is not None:
                    heard(message["data"].decode(errors="replace"))


class OverPostgres:
    """By NOTIFY, after the commit: one within it would make all who commit wait for each other.

    Who listens does so at the server itself, or as the system, if either has a connection of its
    own: a pooler that lends connections for one transaction delivers nothing.
    """

    def tell(self, topic: str) -> None:
        """Notify by the connection of this thread."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, topic])

    def listen(self, heard: Heard, stopping: Event) -> None:
        """Listen by a connection of its own."""
        for notice in notices(CHANNEL, system_alias(), stopping):
            heard(notice)


class OverSqlite:
    """By nothing that is sent: a file that another connection has changed says so itself."""

    def tell(self, topic: str) -> None:
        """Have told it by the commit."""

    def listen(self, heard: Heard, stopping: Event) -> None:
        """Look by a connection of its own; of what has changed the file says nothing."""
        with closing(own_connection(DEFAULT_DB_ALIAS)) as own:
            seen = None
            while not stopping.is_set():
                with own.cursor() as cursor:
                    [version] = cursor.execute("PRAGMA data_version").fetchone()
                if version != seen:
                    seen = version
                    heard(None)
                stopping.wait(SQLITE_SECONDS)


def carrier() -> Carrier:
    """Return what carries hints in this installation."""
    if settings.REDIS_URL:
        return OverRedis(settings.REDIS_URL)
    return OverPostgres() if connection.vendor == "postgresql" else OverSqlite()
