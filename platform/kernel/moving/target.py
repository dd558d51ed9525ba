"""The database of PostgreSQL that is moved to: what is in it, what was moved already, and copying.

What is done stands in a schema of its own until the end, so that a move that was cut off goes on.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from typing import Any

import psycopg
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql
from psycopg.types.string import StrDumper

from kernel.moving.errors import MisuseError, MoveError
from kernel.moving.source import quoted
from kernel.moving.values import Column, Json, Sum

_NOTES = """
    CREATE SCHEMA septet_move;
    CREATE TABLE septet_move.began (source text NOT NULL, cleared boolean NOT NULL);
    CREATE TABLE septet_move.moved (name text PRIMARY KEY, rows bigint NOT NULL, sum text NOT NULL);
"""
# Partitions are reached by their parent.
_TABLES = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname
"""
_COLUMNS = """
    SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    ORDER BY attnum
"""
_REFERENCES = """
    SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
    WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conparentid = 0
        AND conrelid <> confrelid
"""
# `setval` of a sequence nothing was taken from begins with 1.
_SEQUENCES = """
    SELECT relname, attname, pg_get_serial_sequence(quote_ident(relname), attname)
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        AND attnum > 0 AND NOT attisdropped
        AND pg_get_serial_sequence(quote_ident(relname), attname) IS NOT NULL
"""
_READ_AT_ONCE = 5_000
#: Read so that both sides mean the same.
_READ_AS = {"jsonb": "{}::text", "inet": "host({})"}


class _JsonDumper(StrDumper):
    def dump(self, obj: Json) -> Any:  # type: ignore[override]  # its text is dumped
        return super().dump(obj.text)


class Target:
    """A database of PostgreSQL, as the role that owns its tables."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection

    def begun_from(self) -> str | None:
        """Return the file that a move into it began with; None if it is empty.

        Raises MisuseError when anything else is in it.
        """
        if self._ask("SELECT FROM pg_namespace WHERE nspname = 'septet_move'"):
            return str(self._ask("SELECT source FROM septet_move.began")[0][0])
        found = self.tables()
        if found:
            raise MisuseError(
                f"the database of DATABASE_URL is not empty, {found[0]} is in it: name another one"
            )
        return None

    def begin(self, source: str) -> None:
        """Note that a move from this file begins."""
        with self._atomic() as cursor:
            cursor.execute(_NOTES)
            cursor.execute("INSERT INTO septet_move.began VALUES (%s, false)", [source])

    def is_cleared(self) -> bool:
        """Say whether its tables are made and hold nothing of their own."""
        return bool(self._ask("SELECT FROM septet_move.began WHERE cleared"))

    def clear(self) -> None:
        """Delete what the migrations wrote, and that they ran: the old database has its own."""
        with self._atomic() as cursor:
            for name in reversed(self.in_order(self.tables())):
                cursor.execute(f"DELETE FROM {quoted(name)}")  # noqa: S608  its own name # nosec B608
            cursor.execute("UPDATE septet_move.began SET cleared = true")

    def moved(self) -> dict[str, tuple[int, str]]:
        """Return the rows and the sums of tables that were moved."""
        rows = self._ask("SELECT name, rows, sum FROM septet_move.moved")
        return {name: (count, total) for name, count, total in rows}

    def tables(self) -> list[str]:
        """Return its tables."""
        return [name for (name,) in self._ask(_TABLES)]

    def columns(self, table: str) -> list[Column]:
        """Return what a table is made of."""
        return [Column(*row) for row in self._ask(_COLUMNS, [quoted(table)])]

    def in_order(self, tables: Iterable[str]) -> list[str]:
        """Return these tables, each after those that its rows refer to."""
        wanted = sorted(tables)
        graph: dict[str, set[str]] = {name: set() for name in wanted}
        for from_, to in self._ask(_REFERENCES):
            if from_ in graph and to in graph:
                graph[from_].add(to)
        try:
            return [*TopologicalSorter(graph).static_order()]
        except CycleError as error:
            raise MoveError(f"tables refer to each other in a circle: {error.args[1]}") from None

    def take(
        self, table: str, columns: Sequence[Column], rows: Iterator[tuple[Any, ...]], given: Sum
    ) -> None:
        """Copy a table, read it again and note it; all of that or nothing.

        Raises MoveError when PostgreSQL refuses a row, or has not what it was given.
        """
        with self._atomic() as cursor:
            try:
                self._write(cursor.connection, table, columns, rows)
            except psycopg.Error as error:
                where = f" ({error.diag.context})" if error.diag.context else ""
                raise MoveError(f"{table}: {error}{where}") from error
            kept = Sum()
            for row in self._read(cursor.connection, table, columns):
                kept.add(row)
            if (kept.rows, kept.told) != (given.rows, given.told):
                raise MoveError(
                    f"{table}: {given.rows} rows with the sum {given.told} were sent,"
                    f" {kept.rows} with {kept.told} are there"
                )
            told = [table, given.rows, given.told]
            cursor.execute("INSERT INTO septet_move.moved VALUES (%s, %s, %s)", told)

    def finish(self) -> None:
        """Let sequences go on after the largest values, and forget that anything was moved."""
        with self._atomic() as cursor:
            cursor.execute(_SEQUENCES)
            for table, column, sequence in cursor.fetchall():
                cursor.execute(
                    f"SELECT setval(%s, coalesce(max({quoted(column)}), 1),"  # noqa: S608  names of its own # nosec B608
                    f" max({quoted(column)}) IS NOT NULL) FROM {quoted(table)}",
                    [sequence],
                )
            cursor.execute("DROP SCHEMA septet_move CASCADE")
        with self._connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _write(
        self,
        connection: "psycopg.Connection[Any]",
        table: str,
        columns: Sequence[Column],
        rows: Iterator[tuple[Any, ...]],
    ) -> None:
        names = sql.SQL(", ").join(sql.Identifier(one.name) for one in columns)
        copy = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
        with psycopg.Cursor(connection) as cursor:
            cursor.adapters.register_dumper(Json, _JsonDumper)
            with cursor.copy(copy) as into:
                for row in rows:
                    into.write_row(row)

    def _read(
        self, connection: "psycopg.Connection[Any]", table: str, columns: Sequence[Column]
    ) -> Iterator[tuple[Any, ...]]:
        names = sql.SQL(", ").join(
            sql.SQL(_READ_AS.get(one.type, "{}")).format(sql.Identifier(one.name))
            for one in columns
        )
        query = sql.SQL("SELECT {} FROM {}").format(names, sql.Identifier(table))
        kinds = [one.type for one in columns]
        documents = [number for number, kind in enumerate(kinds) if kind == "jsonb"]
        with psycopg.ServerCursor(connection, "septet_move") as cursor:
            cursor.itersize = _READ_AT_ONCE
            for row in cursor.execute(query, binary=True):
                if not documents:
                    yield row
                    continue
                read = list(row)
                for number in documents:
                    read[number] = None if read[number] is None else Json(read[number])
                yield tuple(read)

    def _ask(self, query: str, told: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(query, told or None)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    @contextmanager
    def _atomic(self) -> Iterator[Any]:
        using = self._connection.alias
        with transaction.atomic(using=using, durable=True), self._connection.cursor() as cursor:
            yield cursor
