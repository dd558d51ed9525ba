"""Tables of tenants made, changed and dropped, by the role that owns all tables.

Each of these is done in a transaction of that role's own connection, or, where there is one
connection for all, in the caller's. Done again it changes nothing, so a job may be killed at it.
Nothing of a name is taken from people but what `domain.tables.rules.is_name` lets pass.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.db import OperationalError, connections, transaction

from apps.importexport.adapters.columns import widened
from apps.importexport.models.rows import TABLES, RowModel, column_of
from contracts.datasets import Field
from kernel.errors import UnavailableError
from kernel.tenancy.aliases import system_alias
from kernel.tenancy.policies import guard_table

#: How long a change waits for those who read or write the table.
LOCK_SECONDS = 3


def create(rows: RowModel, key: Sequence[str], unique: Sequence[str]) -> None:
    """Make the table with its indexes and its policy; one that is there stays as it is."""
    name = rows.table()
    with _owning() as cursor:
        types = [(name, _type(cursor, one), one.null) for name, one in rows.columns().items()]
        columns = [
            f"{_quoted(column)} {type_}{'' if null else ' NOT NULL'}"
            for column, type_, null in types
        ]
        columns[0] += " PRIMARY KEY"
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {_quoted(name)} ({', '.join(columns)})")
        _index(cursor, name, "at", ["tenant_id", "changed_at", "id"])
        _make_unique(cursor, name, key, unique)
        guard_table(cursor, name)


def add_columns(rows: RowModel, fields: Sequence[Field]) -> None:
    """Give the table columns for more fields, empty in all rows."""
    name = rows.table()
    with _owning() as cursor:
        there = _columns(cursor, name)
        for one in fields:
            type_ = _type(cursor, rows.columns()[column_of(one)])
            if column_of(one) in there:
                # What a field that is gone, and is called the same, has left.
                cursor.execute(_altering(name, f"DROP COLUMN {_quoted(column_of(one))}"))
            cursor.execute(_altering(name, f"ADD COLUMN {_quoted(column_of(one))} {type_}"))


def conform(rows: RowModel, key: Sequence[str], unique: Sequence[str]) -> None:
    """Let the table be what its model says: values rewritten, columns without a field dropped."""
    name = rows.table()
    with _owning() as cursor:
        _drop_unique(cursor, name)
        there = _columns(cursor, name)
        wanted = rows.columns()
        for column in sorted(there.keys() - wanted.keys()):
            cursor.execute(_altering(name, f"DROP COLUMN {_quoted(column)}"))
        for column, field in wanted.items():
            if column not in there:
                cursor.execute(
                    _altering(name, f"ADD COLUMN {_quoted(column)} {_type(cursor, field)}")
                )
                continue
            type_ = _type(cursor, field)
            if _bare(type_) != there[column]:
                for statement in widened(cursor.db.vendor, name, column, there[column], type_):
                    cursor.execute(statement)
        _make_unique(cursor, name, key, unique)


def drop(name: str) -> None:
    """Remove the table with all its rows."""
    with _owning() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_quoted(name)}")


def existing() -> dict[UUID, str]:
    """Return all tables of tenants that there are, by the ids in their names."""
    connection = connections[system_alias()]
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    found = [one for one in names if one.startswith(TABLES)]
    return {UUID(hex=one.removeprefix(TABLES)): one for one in found}


@contextmanager
def _owning() -> Iterator[Any]:
    alias = system_alias()
    try:
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            if connections[alias].vendor == "postgresql":
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_SECONDS}s"])
            yield cursor
    except OperationalError as error:
        if "lock timeout" not in str(error):
            raise
        raise UnavailableError("the table is being read or written; try again soon") from error


def _make_unique(cursor: Any, name: str, key: Sequence[str], unique: Sequence[str]) -> None:
    _index(cursor, name, "key", ["tenant_id", *map(column_of, key)], unique=True)
    for one in unique:
        # A field's own name may be too long for the name of an index.
        ending = f"u_{blake2b(one.encode(), digest_size=4).hexdigest()}"
        _index(cursor, name, ending, ["tenant_id", column_of(one)], unique=True)


def _drop_unique(cursor: Any, name: str) -> None:
    constraints = cursor.db.introspection.get_constraints(cursor, name)
    for index, told in constraints.items():
        if told["unique"] and not told["primary_key"]:
            cursor.execute(f"DROP INDEX {_quoted(index)}")


def _index(
    cursor: Any, name: str, ending: str, columns: Sequence[str], *, unique: bool = False
) -> None:
    kind = "UNIQUE INDEX" if unique else "INDEX"
    told = ", ".join(map(_quoted, columns))
    cursor.execute(
        f"CREATE {kind} IF NOT EXISTS {_quoted(f'{name}_{ending}')} ON {_quoted(name)} ({told})"
    )


def _columns(cursor: Any, name: str) -> dict[str, str]:
    """Return the types of the table's columns as the database tells them."""
    if cursor.db.vendor == "sqlite":
        cursor.execute(f"PRAGMA table_info({_quoted(name)})")
        return {row[1]: row[2] for row in cursor.fetchall()}
    cursor.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
        [_quoted(name)],
    )
    return dict(cursor.fetchall())


def _type(cursor: Any, field: Any) -> str:
    type_ = str(field.db_type(cursor.db))
    # In the order of its characters' numbers, as on SQLite.
    ordered = type_ == "text" and cursor.db.vendor == "postgresql"
    return f'{type_} COLLATE "C"' if ordered else type_


def _bare(type_: str) -> str:
    """Return a type as PostgreSQL tells it of a column."""
    return type_.partition(" COLLATE")[0].replace(", ", ",")


def _altering(name: str, change: str) -> str:
    return f"ALTER TABLE {_quoted(name)} {change}"


def _quoted(name: str) -> str:
    if '"' in name:
        raise ValueError(f"{name!r} is no name of ours")
    return f'"{name}"'
