"""How connections to the databases are kept."""

from typing import Any


def tune(databases: dict[str, dict[str, Any]], *, pool_size: int, prepares: bool) -> None:
    """Set what nobody chooses by a URL: how long connections live, and what they begin with."""
    for database in databases.values():
        # A thread keeps its connection: to open one, or to take one from a pool, costs more than
        # most queries. Django lets no pool be used that way.
        database["CONN_MAX_AGE"] = 0 if pool_size else None
        if database["ENGINE"].endswith("sqlite3"):
            # Writers queue up at BEGIN IMMEDIATE and never fail in the middle of a transaction.
            database["OPTIONS"] = {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            }
            continue
        # Uses of a statement after which PostgreSQL keeps its plan.
        database["OPTIONS"]["prepare_threshold"] = 5 if prepares else None
        if pool_size:
            database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": 5}
