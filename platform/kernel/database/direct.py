"""The server itself, beside a pooler that lends a connection for one transaction.

What a session holds (advisory locks, LISTEN) is lost behind such a pooler.
"""

from collections.abc import Iterator
from contextlib import closing
from threading import Event

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

DIRECT_DB_ALIAS = "direct"
#: How often a listener looks whether it is to stop.
TURN_SECONDS = 1.0


def keep_session() -> None:
    """Let all that this thread asks go to the server itself, where a pooler is in the way.

    All of it: what a thread writes under a lock of its session ends with that session.
    """
    if DIRECT_DB_ALIAS in settings.DATABASES:
        connections[DEFAULT_DB_ALIAS] = connections[DIRECT_DB_ALIAS].copy(DEFAULT_DB_ALIAS)


def listening_alias(otherwise: str = DEFAULT_DB_ALIAS) -> str:
    """Return the connection over which notifications arrive."""
    return DIRECT_DB_ALIAS if DIRECT_DB_ALIAS in settings.DATABASES else otherwise


def own_connection(alias: str) -> BaseDatabaseWrapper:
    """Return a connection that nobody else uses, of no pool; whoever asks for it closes it."""
    own = connections[alias].copy()
    own.settings_dict["OPTIONS"].pop("pool", None)
    return own


def notices(channel: str, alias: str, stopping: Event) -> Iterator[str | None]:
    """Yield None once it listens, by a connection of its own, then what others notify.

    Over the server itself where there is a way to it, else over this alias.
    """
    with closing(own_connection(listening_alias(alias))) as own:
        with own.cursor() as cursor:
            cursor.execute(f"LISTEN {channel}")
        yield None
        while not stopping.is_set():
            for notice in own.connection.notifies(timeout=TURN_SECONDS, stop_after=1):
                yield notice.payload
