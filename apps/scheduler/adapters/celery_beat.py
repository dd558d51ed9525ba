"""The tables of django-celery-beat in a database of its own, read as `dumpdata` writes them."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from apps.scheduler.domain.celery_beat import APP, MODELS, BeatError

#: Of one table; more are no schedules that somebody made.
MOST_ROWS = 100_000
CONNECT_SECONDS = 10
#: Columns that name rows of other tables: `interval_id` is told as `interval`.
_KEYS = ("crontab_id", "interval_id", "clocked_id", "solar_id")


def read_database(url: str) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of the tables; nothing is written. Raises BeatError.

    `postgresql://user:password@host:5432/name`, or `sqlite:///path`.
    """
    scheme = urlsplit(url).scheme
    if scheme in ("postgres", "postgresql"):
        yield from _of_postgresql(url)
    elif scheme == "sqlite":
        yield from _of_sqlite(url)
    else:
        raise BeatError(
            f"{scheme or 'it'} is no database that is read here: postgresql:// or sqlite:///;"
            " of others take `manage.py dumpdata django_celery_beat`"
        )


def _of_postgresql(url: str) -> Iterator[Mapping[str, Any]]:
    import psycopg  # noqa: PLC0415  of a database that is not ours
    from psycopg.rows import dict_row  # noqa: PLC0415  as above

    try:
        with (
            psycopg.connect(
                url, connect_timeout=CONNECT_SECONDS, row_factory=dict_row
            ) as connection,
            connection.cursor() as cursor,
        ):
            connection.read_only = True
            for model in MODELS:
                cursor.execute(_statement(model))
                yield from _rows(model, cursor.fetchall())
    except psycopg.Error as error:
        raise BeatError(f"the database cannot be read: {str(error).strip()[:200]}") from None


def _of_sqlite(url: str) -> Iterator[Mapping[str, Any]]:
    path = unquote(urlsplit(url).path)[1:]
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=CONNECT_SECONDS)
        connection.row_factory = sqlite3.Row
        try:
            for model in MODELS:
                found = connection.execute(_statement(model)).fetchmany(MOST_ROWS + 1)
                yield from _rows(model, [dict(row) for row in found])
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise BeatError(f"the database cannot be read: {error}") from None


def _statement(model: str) -> str:
    return f"SELECT * FROM {APP}_{model} ORDER BY id LIMIT {MOST_ROWS + 1}"  # noqa: S608  names of ours # nosec B608


def _rows(model: str, found: list[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
    if len(found) > MOST_ROWS:
        raise BeatError(f"{APP}_{model} has more than {MOST_ROWS:,} rows")
    for row in found:
        pk = row.pop("id")
        fields = {name.removesuffix("_id") if name in _KEYS else name: row[name] for name in row}
        yield {"model": f"{APP}.{model}", "pk": pk, "fields": fields}
