"""Rows by one statement: as `bulk_create`, for a quarter of it, and with no lock meanwhile."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model


def insert(rows: Sequence[Model], *, unless_there: bool = False) -> None:
    """Insert rows of one model, whose key the database gives; those that are there may stay.

    Outside of a transaction it is one by itself, that begins when all values are ready.
    """
    fields, statement = _prepared(type(rows[0]))
    values = [
        # Texts are stored as they are; to ask their fields costs more than the statement.
        value if type(value) is str else field.get_db_prep_save(value, connection)
        for row in rows
        for field, value in ((field, getattr(row, field.attname)) for field in fields)
    ]
    one = f"({', '.join(['%s'] * len(fields))})"
    ending = " ON CONFLICT DO NOTHING" if unless_there else ""
    with connection.cursor() as cursor:
        cursor.execute(statement + ", ".join([one] * len(rows)) + ending, values)


@cache
def _prepared(model: Any) -> tuple[list[Any], str]:
    """Return all fields but the key, and the beginning of the statement."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    return fields, f"INSERT INTO {model._meta.db_table} ({columns}) VALUES "  # noqa: S608  names of our own columns # nosec B608
