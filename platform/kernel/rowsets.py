"""Many rows by one statement, where their values are at hand and nobody needs an object of each.

As `bulk_create` and `bulk_update`, for a part of what these take: what is the same in all rows goes
to the database once, and values are made ready a column at a time.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, TypeAlias

from django.db import connection
from django.db.models import Model

#: Rows of one statement: SQLite takes 32,766 values of it and no more.
MOST_AT_ONCE = 1_000

Row: TypeAlias = Sequence[Any]

_AS_THEY_ARE = frozenset(
    {
        *("CharField", "TextField", "BooleanField"),
        *("SmallIntegerField", "IntegerField", "BigIntegerField", "PositiveIntegerField"),
    }
)


def insert_rows(alike: Model, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows that differ in these columns, and are like one in all others.

    A column of JSON takes texts, too, as the database gave them.
    """
    _insert(alike, columns, rows, "")


def insert_missing_rows(alike: Model, columns: Sequence[str], rows: Sequence[Row]) -> list[bool]:
    """Insert those of the rows that no constraint keeps out, and say of each whether it was.

    The first column is the key. See `insert_rows`.
    """
    meta: Any = alike._meta
    key = meta.get_field(columns[0])
    made = _insert(alike, columns, rows, f' ON CONFLICT DO NOTHING RETURNING "{key.column}"')
    return [one in made for one in _ready(key, [row[0] for row in rows])]


def update_rows(model: type[Model], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Give rows these values, each its own. The first column is the key, which tells the row."""
    meta: Any = model._meta
    fields = [meta.get_field(name) for name in columns]
    key, *changed = [f'"{field.column}"' for field in fields]
    told = ", ".join(f"{name} = v.{name}" for name in changed)
    for some in _in_pieces(rows):
        text, values = _table_of(fields, some)
        statement = (
            f"WITH v ({', '.join((key, *changed))}) AS ({text})"  # noqa: S608  names of our own columns # nosec B608
            f' UPDATE "{meta.db_table}" SET {told} FROM v WHERE "{meta.db_table}".{key} = v.{key}'
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, values)


def _insert(alike: Model, columns: Sequence[str], rows: Sequence[Row], ending: str) -> set[Any]:
    """Insert rows, and return what the ending has returned."""
    meta: Any = alike._meta
    fields = [meta.get_field(name) for name in columns]
    others = [one for one in meta.concrete_fields if one not in fields]
    same = [one.get_db_prep_save(getattr(alike, one.attname), connection) for one in others]
    into = ", ".join(f'"{one.column}"' for one in (*fields, *others))
    start = f'INSERT INTO "{meta.db_table}" ({into}) SELECT v.*{", %s" * len(same)} FROM ('  # noqa: S608  names of our own columns # nosec B608
    found: set[Any] = set()
    for some in _in_pieces(rows):
        text, values = _table_of(fields, some)
        with connection.cursor() as cursor:
            # Without a condition SQLite takes an ending for that of a join.
            cursor.execute(f"{start}{text}) AS v WHERE true{ending}", [*same, *values])
            if ending:
                found.update(key for (key,) in cursor.fetchall())
    return found


def _in_pieces(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for number in range(0, len(rows), MOST_AT_ONCE):
        yield rows[number : number + MOST_AT_ONCE]


def _table_of(fields: Sequence[Any], rows: Sequence[Row]) -> tuple[str, list[Any]]:
    """Return rows as a table of SQL, and its values in their order."""
    columns = [
        _ready(field, column)
        for field, column in zip(fields, zip(*rows, strict=True), strict=False)
    ]
    one = f"({', '.join(['%s'] * len(fields))})"
    # The first row tells PostgreSQL the types of all.
    first = f"({', '.join(map(_typed, fields))})"
    text = "VALUES " + ", ".join([first, *[one] * (len(rows) - 1)])
    return text, list(chain.from_iterable(zip(*columns, strict=True)))


def _typed(field: Any) -> str:
    if connection.vendor != "postgresql":
        return "%s"
    # A cast to a type with a length would cut what is too long; that is to be refused.
    type_: str = field.rel_db_type(connection) if field.is_relation else field.db_type(connection)
    return "%s::" + ("text" if type_.startswith("varchar") else type_)


def _ready(field: Any, values: Sequence[Any]) -> Sequence[Any]:
    """Return the values of a column as the driver takes them."""
    field = field.target_field if field.is_relation else field
    kind = field.get_internal_type()
    if kind in _AS_THEY_ARE:
        return values
    if kind == "UUIDField":
        native = connection.features.has_native_uuid_field
        return values if native else [one and one.hex for one in values]
    if kind == "DateTimeField":
        # Many are the same moment.
        known = {one: field.get_db_prep_save(one, connection) for one in set(values)}
        return [known[one] for one in values]
    return [one if type(one) is str else field.get_db_prep_save(one, connection) for one in values]
