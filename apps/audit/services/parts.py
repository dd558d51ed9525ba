"""The index of parts of words: large, so an operator makes it where people look for parts.

On PostgreSQL nobody waits while it is made. Broken off, it is made again by the next call.
"""

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from apps.audit.selectors.words import PARTS
from kernel.database.direct import listening_alias
from kernel.database.limits import without_limits
from kernel.tenancy.aliases import system_alias

#: As `apps.audit.lookups.Part` asks for it.
_OVER = "USING GIN (substr(words, 34) gin_trgm_ops)"
_TABLE = "audit_auditlog"
_PARTITIONS = """
    SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1
"""
_BROKEN = """
    SELECT indexrelid::regclass::text FROM pg_index
    WHERE NOT indisvalid AND indexrelid::regclass::text LIKE %s
"""
_SQLITE = (
    f"CREATE VIRTUAL TABLE {PARTS} USING fts5(log_id UNINDEXED, words, tokenize='trigram')",
    f"""
    CREATE TRIGGER {PARTS}_fill AFTER INSERT ON {_TABLE} BEGIN
        INSERT INTO {PARTS} (log_id, words) VALUES (NEW.id, NEW.words);
    END
    """,  # noqa: S608  names of ours # nosec B608
    f"INSERT INTO {PARTS} (log_id, words) SELECT id, words FROM {_TABLE}",  # noqa: S608  names of ours # nosec B608
)
_NOT_SQLITE = (f"DROP TRIGGER {PARTS}_fill", f"DROP TABLE {PARTS}")


def index_parts() -> None:
    """Make the index. Logs that are recorded from here on are in it as well."""
    # Without a role of its own, past a pooler: there the statement would be in a transaction.
    alias = system_alias()
    if alias == DEFAULT_DB_ALIAS:
        alias = listening_alias()
    connection = connections[alias]
    if connection.vendor == "sqlite":
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            for statement in _SQLITE:
                cursor.execute(statement)
        return
    with without_limits(alias), connections[alias].cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        cursor.execute(_BROKEN, [f"{PARTS}%"])
        for (broken,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {broken}")
        cursor.execute(_PARTITIONS, [_TABLE])
        partitions = [name for (name,) in cursor.fetchall()]
        for name in partitions or [_TABLE]:
            own = f"{PARTS}_of_{name}" if partitions else PARTS
            cursor.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {own} ON {name} {_OVER}")
        if partitions:
            # Takes those of the partitions for its own, and is given to those to come.
            cursor.execute(f"CREATE INDEX {PARTS} ON {_TABLE} {_OVER}")


def drop_parts() -> None:
    """Remove the index."""
    connection = connections[system_alias()]
    with connection.cursor() as cursor:
        for statement in _NOT_SQLITE if connection.vendor == "sqlite" else [f"DROP INDEX {PARTS}"]:
            cursor.execute(statement)
