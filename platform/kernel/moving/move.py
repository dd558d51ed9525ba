"""A move, table by table: tried without a change, or done and gone on with where it was cut off."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kernel.moving.errors import MisuseError, MoveError
from kernel.moving.source import Source
from kernel.moving.target import Target
from kernel.moving.values import Column, Sum, UnfitError


@dataclass(frozen=True, slots=True)
class Moved:
    """A table that is moved."""

    table: str
    rows: int
    sum: str
    #: By an earlier call, which was cut off.
    earlier: bool = False


#: Told of each table that is done.
Told = Callable[[Moved], None]


def refuse_other_release(
    source: Source, known: Iterable[tuple[str, str]], served: Sequence[str]
) -> None:
    """Raise MisuseError unless exactly the migrations of this release and selection made it."""
    made, known = source.migrations(), set(known)
    if not made:
        raise MisuseError("the file holds no database of the platform")
    missing, unknown = sorted(known - made), sorted(made - known)
    if missing:
        app, name = missing[0]
        raise MisuseError(
            f"the old database lacks {len(missing)} migrations, such as {app}.{name}: run `migrate`"
            " on it with this release first"
        )
    if unknown:
        app, name = unknown[0]
        raise MisuseError(
            f"the old database has {app}.{name}, which this process does not know: take the release"
            f" that made it, and all its services in SERVICES (here: {','.join(served)})"
        )


def try_values(source: Source, types: Mapping[str, Sequence[Column]], told: Told) -> list[str]:
    """Read every row as PostgreSQL would be given it; return what it would refuse."""
    problems = []
    for table in source.tables():
        # Of tables made while the platform ran nobody knows the types before they are made.
        columns = types.get(table) or [Column(name, "text") for name in source.columns(table)]
        counted = Sum()
        try:
            for _ in source.rows(table, columns, counted):
                pass
        except UnfitError as error:
            problems.append(str(error))
            continue
        told(Moved(table, counted.rows, counted.told))
    return problems


def move_tables(source: Source, target: Target, told: Told, *, but: Collection[str] = ()) -> None:
    """Copy all tables of the target but these, and none that is moved; raises MoveError."""
    done = target.moved()
    there = set(source.tables())
    for table in target.in_order(set(target.tables()).difference(but)):
        if table not in there:
            raise MoveError(f"the old database has no table {table}")
        columns = target.columns(table)
        _refuse_other_columns(table, source.columns(table), columns)
        earlier = done.get(table)
        counted = Sum()
        try:
            rows = source.rows(table, columns, counted)
            if earlier is None:
                target.take(table, columns, rows, counted)
            else:
                for _ in rows:
                    pass
        except UnfitError as error:
            raise MoveError(str(error)) from error
        if earlier and earlier != (counted.rows, counted.told):
            raise MoveError(
                f"{table} has changed since the move began: begin again with an empty database"
            )
        told(Moved(table, counted.rows, counted.told, earlier is not None))


def left_behind(source: Source, target: Target) -> list[str]:
    """Return the tables that only the old database has."""
    return sorted({*source.tables()} - {*target.tables()})


def _refuse_other_columns(table: str, old: Sequence[str], new: Sequence[Column]) -> None:
    missing = {one.name for one in new} - set(old)
    if missing:
        raise MoveError(
            f"{table} has no column {min(missing)} yet: start the old installation once more, so"
            " that what it was changing is done"
        )
