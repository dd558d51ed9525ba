"""Audit entries for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from apps.audit.domain.entries import Actor, Entry, Target

MOMENT = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


def an_entry(**parts: Any) -> Entry:
    """Return an entry that is complete, with these parts in place of the usual ones."""
    usual: dict[str, Any] = {
        "action": "invoice.approved",
        "occurred_at": MOMENT,
        "actor": Actor(type="user", id="u-1", name="Ada"),
        "targets": (Target(type="invoice", id="i-1", name="May"),),
    }
    return Entry(**usual | parts)


def forge(statement: str, values: Sequence[Any] = ()) -> None:
    """Do to the tables what the database refuses, as somebody does who may switch its walls off."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Deferred checks are done first: what is switched off does not check either.
            connection.check_constraints()
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(statement, values)
            cursor.execute("SET LOCAL session_replication_role = origin")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        walls = [(name, sql) for name, sql in cursor.fetchall() if "append-only" in sql]
        for name, _ in walls:
            cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(statement, values)
        for _, sql in walls:
            cursor.execute(sql)
