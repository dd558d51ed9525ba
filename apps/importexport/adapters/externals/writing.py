"""A batch of rows goes into a table outside, as a set, with its receipt in the same transaction."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psycopg import DataError, IntegrityError, errors, sql

from apps.importexport.adapters.externals import receipts
from apps.importexport.adapters.externals.connecting import (
    Connection,
    connected,
    in_schema,
    quoted,
)
from apps.importexport.adapters.externals.reading import type_of
from apps.importexport.domain.conflicts import MESSAGES, Conflict
from apps.importexport.domain.externals.connections import External
from apps.importexport.domain.externals.tables import Column, Table
from apps.importexport.domain.problems import Code
from apps.importexport.errors import ExternalRefusedError
from contracts.datasets import Done, Mode, Row, RowResult
from kernel.faults import fault_point

#: What is wrong with rows, not with their table: alone each is refused, the others are brought.
REFUSING = (DataError, IntegrityError, errors.RaiseException, errors.ProgramLimitExceeded)
_EQUAL = frozenset({"numeric", "float4", "float8", "jsonb"})
_STAGED = sql.SQL("pg_temp.septet_staged")
_FOUND = sql.SQL("pg_temp.septet_found")
#: Of JSON that is right: a text, what stands between two parts, or the space around anything.
_JSON_PARTS = re.compile(r'("(?:[^"\\]|\\.)*")|([,:])|[ \t\r\n]+')


def spaced(text: str) -> str:
    """Return JSON with a space behind each `,` and `:` and no others, and else as it is written.

    `json` keeps spaces, so that they would make a difference, and digits that Python would round.
    """
    return _JSON_PARTS.sub(lambda part: part[1] or (f"{part[2]} " if part[2] else ""), text)


#: By the type of a column, where that is not the text of its value.
_TEXTS: Mapping[str, Callable[[Any], str]] = {
    "bool": lambda value: "true" if value else "false",
    "json": spaced,
}


def apply_batch(
    to: External, table: Table, *, batch: str, mode: Mode, rows: Sequence[Row], dry: bool
) -> list[RowResult]:
    """Do to rows what is said, and tell what became of each; told twice it is done once.

    Where no receipts are kept, it is done twice, which comes to the same. A dry run tells the same
    and changes nothing. JSON is told as its text. Raises UnavailableError, ExternalRefusedError,
    ConflictError.
    """
    noted = bool(to.receipts) and not dry
    with connected(to, seconds=to.statement_seconds) as connection:
        cursor = connection.cursor()
        # What would be found at the commit is to be found by the row.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        if noted:
            receipts.ensure(cursor, to)
            content = receipts.content_of(mode, rows)
            known = receipts.earlier(cursor, to, table.name, batch, content)
            if known is not None:
                return known
        writing = _Writing(connection, to, table, mode)
        results = writing.written(rows)
        if noted:
            receipts.note(cursor, to, batch, results, writing.images(results))
        fault_point("importexport-external-written")
        if not dry:
            connection.commit()
    return results


def same_key(table: Table, other: str) -> sql.Composed:
    """Return the condition that rows `t` have the keys of staged ones, as texts."""
    return sql.SQL(" AND ").join(
        sql.SQL("t.{0} = {1}.{0}::{2}").format(quoted(name), sql.SQL(other), type_of(column))
        for name in table.key
        if (column := table.column(name)) is not None
    )


class _Writing:
    """Writes the rows of one batch in the caller's transaction."""

    def __init__(self, connection: Connection, to: External, table: Table, mode: Mode) -> None:
        self._connection, self._cursor = connection, connection.cursor()
        self._to, self._table, self._mode = to, table, mode
        self._name = in_schema(to, table.name)
        self._columns: list[Column] = []
        self._results: dict[int, RowResult] = {}

    def written(self, rows: Sequence[Row]) -> list[RowResult]:
        """Write what can be, and return what became of each row, in their order."""
        names = rows[0].keys() if rows else ()
        self._columns = [
            one for one in self._table.columns if one.name in names and not one.generated
        ]
        positions = self._exact(rows)
        self._stage(rows, positions)
        self._write(self._told_apart(positions))
        return [self._results[at] for at in range(len(rows))]

    def images(self, results: Sequence[RowResult]) -> sql.Composed:
        """Return the query for what it takes to undo what was written."""
        changed = [
            at for at, one in enumerate(results) if one.done in (Done.INSERTED, Done.UPDATED)
        ]
        key = sql.SQL(", ").join(
            sql.SQL("{}, to_jsonb(t.{})").format(_literal(name), quoted(name))
            for name in self._table.key
        )
        return sql.SQL(
            "SELECT coalesce(jsonb_agg(jsonb_build_array(jsonb_build_object({key}), f.before,"
            " md5(to_jsonb(t.*)::text)) ORDER BY s.septet_position), '[]')"
            " FROM {staged} s JOIN {name} t ON {same} LEFT JOIN {found} f USING (septet_position)"
            " WHERE s.septet_position = ANY({changed}::int[])"
        ).format(
            key=key,
            staged=_STAGED,
            name=self._name,
            same=same_key(self._table, "s"),
            found=_FOUND,
            changed=sql.Literal(changed),
        )

    def _exact(self, rows: Sequence[Row]) -> list[int]:
        """Refuse rows that hold what would be rounded; return the others."""
        exact = [(one.name, one.scale) for one in self._columns if one.scale is not None]
        positions = []
        for at, row in enumerate(rows):
            rounded = next((pair for pair in exact if _places(row[pair[0]]) > pair[1]), None)
            if rounded:
                name, places = rounded
                message = f"at most {places} decimal places are expected"
                self._refuse(at, Code.TOO_MANY_DIGITS, message, name)
            else:
                positions.append(at)
        return positions

    def _told_apart(self, positions: list[int]) -> list[int]:
        """Refuse rows that repeat a key; return the others.

        The database compares, by the key's own types: some are the same in any case.
        """
        key = sql.SQL(", ").join(
            sql.SQL("{}::{}").format(quoted(name), type_of(column))
            for name in self._table.key
            if (column := self._table.column(name)) is not None
        )
        try:
            with self._connection.transaction():
                self._cursor.execute(
                    sql.SQL(
                        "SELECT septet_position FROM (SELECT septet_position, row_number() OVER"
                        " (PARTITION BY {} ORDER BY septet_position) AS time FROM {}"
                        " WHERE septet_position = ANY(%s)) numbered WHERE time > 1"
                    ).format(key, _STAGED),
                    [positions],
                )
                repeated = {at for (at,) in self._cursor.fetchall()}
        except REFUSING as error:
            if len(positions) == 1:
                self._refuse(positions[0], *_why(error))
                return []
            middle = len(positions) // 2
            halves = self._told_apart(positions[:middle]), self._told_apart(positions[middle:])
            return self._told_apart([*halves[0], *halves[1]])
        for at in repeated:
            self._refuse(at, Conflict.DUPLICATE, MESSAGES[Conflict.DUPLICATE])
        return [at for at in positions if at not in repeated]

    def _refuse(self, at: int, code: str, message: str, column: str = "") -> None:
        self._results[at] = RowResult(
            done=Done.REFUSED, code=str(code), message=message, column=column
        )

    def _stage(self, rows: Sequence[Row], positions: Sequence[int]) -> None:
        """Copy rows as texts: what a type refuses is then found where it refuses only that row."""
        columns = [sql.SQL(", {} text").format(quoted(one.name)) for one in self._columns]
        self._cursor.execute(
            sql.SQL(
                "CREATE TEMPORARY TABLE septet_staged"
                " (septet_position int PRIMARY KEY{}) ON COMMIT DROP"
            ).format(sql.SQL("").join(columns)),
            [],
        )
        self._cursor.execute(
            "CREATE TEMPORARY TABLE septet_found"
            " (septet_position int PRIMARY KEY, before jsonb) ON COMMIT DROP"
        )
        told = [(one.name, _TEXTS.get(one.type_name, str)) for one in self._columns]
        with self._cursor.copy(sql.SQL("COPY {} FROM STDIN").format(_STAGED)) as copy:
            for at in positions:
                row = rows[at]
                copy.write_row(
                    [at, *(None if row[name] is None else text(row[name]) for name, text in told)]
                )
        # How many there are is all that the planner has to know.
        self._cursor.execute(sql.SQL("ANALYZE {} (septet_position)").format(_STAGED))

    def _write(self, positions: list[int]) -> None:
        """Write rows together; where they are refused, each half by itself."""
        if not positions:
            return
        try:
            with self._connection.transaction():
                done = self._some_written(positions)
        except REFUSING as error:
            if len(positions) == 1:
                self._refuse(positions[0], *_why(error))
                return
            middle = len(positions) // 2
            self._write(positions[:middle])
            self._write(positions[middle:])
        else:
            self._results |= done

    def _some_written(self, positions: list[int]) -> dict[int, RowResult]:
        self._cursor.execute(
            sql.SQL(
                "INSERT INTO {} SELECT s.septet_position, {} FROM {} s JOIN {} t ON {}"
                " WHERE s.septet_position = ANY(%s) {} RETURNING septet_position"
            ).format(
                _FOUND,
                sql.SQL("to_jsonb(t.*)" if self._to.receipts else "NULL::jsonb"),
                _STAGED,
                self._name,
                same_key(self._table, "s"),
                sql.SQL("FOR UPDATE OF t" if self._table.updates else ""),
            ),
            [positions],
        )
        there = {at for (at,) in self._cursor.fetchall()}
        new = [at for at in positions if at not in there]
        done: dict[int, RowResult] = {}
        if self._mode is Mode.INSERT:
            done |= _refused(there, Conflict.EXISTS)
        elif there:
            updated = self._update(sorted(there))
            done |= {
                at: RowResult(done=Done.UPDATED if at in updated else Done.UNCHANGED)
                for at in there
            }
        if self._mode is Mode.UPDATE:
            return done | _refused(new, Conflict.MISSING)
        if new:
            self._insert(new)
        return done | dict.fromkeys(new, RowResult(done=Done.INSERTED))

    def _insert(self, positions: list[int]) -> None:
        columns = sql.SQL(", ").join(quoted(one.name) for one in self._columns)
        values = sql.SQL(", ").join(_value(one, _default(one)) for one in self._columns)
        self._cursor.execute(
            sql.SQL(
                "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} s"
                " WHERE s.septet_position = ANY(%s) ORDER BY s.septet_position"
            ).format(self._name, columns, values, _STAGED),
            [positions],
        )
        if self._cursor.rowcount != len(positions):
            raise DataError("a trigger of the table left it out")

    def _update(self, positions: list[int]) -> set[int]:
        """Write what is not so already; return which rows that were."""
        others = [
            (
                quoted(one.name),
                _value(one, sql.SQL("t.{}").format(quoted(one.name))),
                # Not every type can be compared; of these, texts that differ may be equal.
                sql.SQL("" if one.type_name in _EQUAL else "::text"),
            )
            for one in self._columns
            if one.name not in self._table.key and one.identity != "a"
        ]
        if not others:
            return set()
        self._cursor.execute(
            sql.SQL(
                "UPDATE {} t SET {} FROM {} s WHERE {} AND s.septet_position = ANY(%s) AND ({})"
                " RETURNING s.septet_position"
            ).format(
                self._name,
                sql.SQL(", ").join(sql.SQL("{0} = {1}").format(*one) for one in others),
                _STAGED,
                same_key(self._table, "s"),
                sql.SQL(" OR ").join(
                    sql.SQL("t.{0}{2} IS DISTINCT FROM ({1}){2}").format(*one) for one in others
                ),
            ),
            [positions],
        )
        return {at for (at,) in self._cursor.fetchall()}


def _value(column: Column, otherwise: sql.Composable) -> sql.Composed:
    """Return the value of a staged row; of what is never null, another where it has none."""
    value = sql.SQL("s.{}::{}").format(quoted(column.name), type_of(column))
    return sql.SQL("coalesce({}, {})").format(value, otherwise) if column.not_null else value


def _default(column: Column) -> sql.SQL:
    return sql.SQL((column.default or "NULL").replace("%", "%%"))


def _literal(text: str) -> sql.SQL:
    return sql.SQL(sql.Literal(text).as_string().replace("%", "%%"))


def _refused(positions: Any, code: Conflict) -> dict[int, RowResult]:
    result = RowResult(done=Done.REFUSED, code=str(code), message=MESSAGES[code])
    return dict.fromkeys(positions, result)


def _places(value: Any) -> int:
    """Return how many decimal places a number has that is told as text."""
    return len(str(value).partition(".")[2]) if value is not None else 0


def _why(error: Exception) -> tuple[str, str, str]:
    """Return code, message and column: what the database says, but for values of other rows."""
    diag = getattr(error, "diag", None)
    said = (getattr(diag, "message_primary", None) or str(error))[:300]
    unique = isinstance(error, errors.UniqueViolation)
    code = str(Conflict.NOT_UNIQUE) if unique else ExternalRefusedError.code
    return code, said, getattr(diag, "column_name", None) or ""
