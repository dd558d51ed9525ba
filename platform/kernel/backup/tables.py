"""What is in a database, table by table: how many rows, and a sum over all their values.

The sum does not depend on the order of rows, so nothing is sorted; equal rows add up.
"""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

#: Of each table the rows and the sum, as texts that JSON keeps.
States = dict[str, list[str]]

_SUM_BITS = 48
_TABLES_OF_SQLITE = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
)
_TABLES_OF_POSTGRES = (
    "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
    " WHERE nspname = 'public' AND relkind = 'r' ORDER BY relname"
)
#: By which a row is the same text on each server.
_FORMS = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}


def of_sqlite(file: Path) -> States:
    """Return the states of all tables in a file that nobody writes."""
    found: States = {}
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        for (table,) in database.execute(_TABLES_OF_SQLITE).fetchall():
            rows = total = 0
            for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  its own name # nosec B608
                digest = hashlib.blake2b(repr(row).encode(), digest_size=_SUM_BITS // 8).digest()
                total += int.from_bytes(digest, "big")
                rows += 1
            found[table] = [str(rows), str(total)]
    return found


def of_postgres(connection: psycopg.Connection[Any]) -> States:
    """Return the states of all tables as the transaction of this connection sees them."""
    for name, value in _FORMS.items():
        connection.execute("SELECT set_config(%s, %s, true)", [name, value])
    tables = connection.execute(_TABLES_OF_POSTGRES).fetchall()
    found: States = {}
    for (table,) in tables:
        query = sql.SQL(
            "SELECT count(*)::text, coalesce(sum(('x' || left(md5(t::text), 12))::bit(48)::bigint),"
            " 0)::text FROM ONLY {} t"
        ).format(sql.Identifier(table))
        row = connection.execute(query).fetchone()
        found[table] = list(row or ())
    return found


def differences(expected: States, found: States) -> list[str]:
    """Return in words what differs, a line for each table."""
    return [
        f"{table}: {_shown(expected.get(table))} was backed up, found {_shown(found.get(table))}"
        for table in sorted(expected.keys() | found.keys())
        if expected.get(table) != found.get(table)
    ]


def _shown(state: list[str] | None) -> str:
    return f"{state[0]} rows with the sum {state[1]}" if state else "no such table"
