"""Hearing by PostgreSQL what others have changed, where there is no Redis."""

from collections.abc import Callable
from threading import Event

from django.db import connection

from kernel.cache.places import Place, place_of
from kernel.database.direct import notices
from kernel.tenancy.aliases import system_alias

CHANNEL = "septet_cache"


class OverPostgres:
    """By NOTIFY, after the commit."""

    twice = False

    def tell(self, place: Place) -> None:
        """Notify by the connection of this thread."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, place.told()])

    def listen(
        self,
        heard: Callable[[Place | None], None],
        ready: Callable[[], None],
        stopping: Event,
    ) -> None:
        """Listen by a connection of its own."""
        for notice in notices(CHANNEL, system_alias(), stopping):
            if notice is None:
                ready()
            else:
                heard(place_of(notice))
