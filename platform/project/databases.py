"""How connections to the databases are kept."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

#: Nobody waits longer for a connection of the pool.
POOL_SECONDS = 5
#: A server that does not take a connection in this time is away.
CONNECT_SECONDS = 5
#: There are others to ask.
REPLICA_SECONDS = 2
#: Aliases of the role that migrates and keeps up: its work takes the time it takes.
UNLIMITED = frozenset({"system"})
#: Aliases that lead to the server itself, whatever DATABASE_URL names.
UNPOOLED = frozenset({"system", "direct"})


def tune(
    databases: dict[str, dict[str, Any]],
    *,
    pool_size: int,
    pooled: bool,
    prepares: bool,
    limits: Mapping[str, timedelta],
) -> None:
    """Set what nobody chooses by a URL: how long connections live, and what they begin with."""
    for alias, database in databases.items():
        if database["ENGINE"].endswith("sqlite3"):
            database["CONN_MAX_AGE"] = None
            # Writers queue up at BEGIN IMMEDIATE and never fail in the middle of a transaction.
            database["OPTIONS"] = {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            }
            continue
        shares = pool_size if alias != "direct" else 0
        # A thread keeps its connection: to open one, or to take one from a pool, costs more than
        # most queries. Django lets no pool be used that way.
        database["CONN_MAX_AGE"] = 0 if shares else None
        # A cursor that outlives its transaction would be asked for on another connection.
        database["DISABLE_SERVER_SIDE_CURSORS"] = pooled and alias not in UNPOOLED
        options = database["OPTIONS"]
        # libpq counts in whole seconds, and takes 1 for 2.
        is_replica = alias.startswith("replica")
        options.setdefault("connect_timeout", REPLICA_SECONDS if is_replica else CONNECT_SECONDS)
        # Uses of a statement after which PostgreSQL keeps its plan.
        options["prepare_threshold"] = 5 if prepares else None
        if shares:
            options["pool"] = {"min_size": 1, "max_size": shares, "timeout": POOL_SECONDS}
        if alias not in UNLIMITED:
            options["limits"] = {
                name: int(value.total_seconds() * 1000) for name, value in limits.items() if value
            }
