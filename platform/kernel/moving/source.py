"""The file of SQLite that is moved, held so that nobody else has it open meanwhile."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from kernel.moving.errors import MisuseError
from kernel.moving.values import Column, Sum, UnfitError

_WAIT_SECONDS = 2.0
_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
)
_VIRTUAL = "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'"


class Source:
    """A database of SQLite that stays as it is."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def tables(self) -> list[str]:
        """Return its tables, without those of its indexes of words: PostgreSQL has no such."""
        names = [name for (name,) in self._connection.execute(_TABLES)]
        words = tuple(f"{name}_" for (name,) in self._connection.execute(_VIRTUAL))
        return [name for name in names if not name.startswith(words)] if words else names

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table."""
        return [row[1] for row in self._connection.execute(f"PRAGMA table_info({quoted(table)})")]

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        row = self._connection.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()  # noqa: S608  a name of its own # nosec B608
        return int(row[0])

    def rows(
        self, table: str, columns: Sequence[Column], counted: Sum
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table as PostgreSQL takes them; raises UnfitError, naming the row."""
        readers = [one.reader() for one in columns]
        names = ", ".join(quoted(one.name) for one in columns)
        for row in self._connection.execute(f"SELECT {names} FROM {quoted(table)}"):  # noqa: S608  its own names # nosec B608
            read: list[Any] = []
            for column, reader, value in zip(columns, readers, row, strict=True):
                try:
                    read.append(reader(value))
                except UnfitError as error:
                    first = f"{columns[0].name} is {row[0]!r}"
                    raise UnfitError(f"{table}, {column.name}, where {first}: {error}") from None
            found = tuple(read)
            counted.add(found)
            yield found

    def migrations(self) -> set[tuple[str, str]]:
        """Return the migrations that made it."""
        if "django_migrations" not in self.tables():
            return set()
        return {*self._connection.execute("SELECT app, name FROM django_migrations")}

    def first(self, table: str, column: str) -> Any:
        """Return the least value of a column; None without rows."""
        least = f"SELECT min({quoted(column)}) FROM {quoted(table)}"  # noqa: S608  its own names # nosec B608
        return self._connection.execute(least).fetchone()[0]


@contextmanager
def held(file: Path) -> Iterator[Source]:
    """Hold a file for oneself; raises MisuseError when it is none, or a process has it open.

    Each connection to a file with a write-ahead log has a lock on it, idle or not. So whoever gets
    the exclusive one knows that no process of the platform runs, and none can start before the end.
    """
    if not file.is_file():
        raise MisuseError(f"{file} is not there: name the file of SQLite with --from")
    with closing(sqlite3.connect(file, isolation_level=None, timeout=_WAIT_SECONDS)) as connection:
        # What is no text in UTF-8 is told by the table and the row, not by the driver.
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("PRAGMA query_only = ON")
        except sqlite3.OperationalError as error:
            raise MisuseError(
                f"{file} is in use ({error}): stop every process of the installation first"
            ) from None
        except sqlite3.DatabaseError as error:
            raise MisuseError(f"{file}: {error}") from None
        yield Source(connection)


def quoted(name: str) -> str:
    """Return a name as both databases read it."""
    return '"' + name.replace('"', '""') + '"'
