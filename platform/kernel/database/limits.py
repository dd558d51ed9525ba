"""Work that takes the time it takes, on a connection that else has limits."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

from kernel.database.direct import own_connection


@contextmanager
def without_limits(alias: str) -> Iterator[None]:
    """Give this thread a connection of its own under this alias, with no limits of a statement.

    A pool keeps connections that have begun with them. Within a transaction nothing changes.
    """
    before = connections[alias]
    if "limits" not in before.settings_dict["OPTIONS"] or before.in_atomic_block:
        yield
        return
    own = own_connection(alias)
    del own.settings_dict["OPTIONS"]["limits"]
    before.close()
    connections[alias] = own
    try:
        yield
    finally:
        own.close()
        connections[alias] = before
