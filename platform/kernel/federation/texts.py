"""Ids and times as the texts that JSON shows of them, without the objects in between.

For a thousand rows the objects cost ten times what their texts do.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import models
from psycopg.adapt import Loader
from psycopg.types.string import TextLoader

#: What Django calls with a value, the column and the connection.
Converter = Callable[[Any, Any, Any], Any]


class TimeAsText(Loader):
    """A `timestamptz` as `datetime.isoformat` writes it; Django's sessions are in UTC."""

    def load(self, data: Any) -> str:
        """Read such as `2026-11-25 10:55:06.83+00` (DateStyle ISO)."""
        text = bytes(data).decode()
        if text[-3:] != "+00":
            raise ValueError(f"the session is not in UTC: {text}")
        fraction = text[19:-3]
        padded = f"{fraction:0<7}" if fraction else ""
        return f"{text[:10]}T{text[11:19]}{padded}+00:00"


#: By which a cursor on PostgreSQL gives ids and times as texts.
LOADERS: dict[str, type[Loader]] = {"uuid": TextLoader, "timestamptz": TimeAsText}


def text_converters(vendor: str) -> dict[type[models.Field[Any, Any]], list[Converter]]:
    """Return what makes texts of the columns that this database does not give as such."""
    if vendor == "postgresql":
        return {}
    return {models.UUIDField: [_hyphened], models.DateTimeField: [_iso]}


def _hyphened(value: str | None, *_: Any) -> str | None:
    if value is None:
        return None
    return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"


def _iso(value: datetime | None, *_: Any) -> str | None:
    # SQLite's driver gives naive times, and Django keeps them in UTC.
    return None if value is None else f"{value.isoformat()}+00:00"
