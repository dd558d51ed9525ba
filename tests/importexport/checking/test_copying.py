"""Bytes for COPY: what PostgreSQL's CSV format reads back as the same rows."""

import datetime as dt
from decimal import Decimal
from typing import Any

import polars
import pytest
from django.db import connection

from apps.importexport.domain.checking.frames import TYPES, copy_bytes
from contracts.datasets import Kind

VALUES: dict[Kind, list[Any]] = {
    Kind.TEXT: ["", None, 'a "b"\n,c', "\\.", "NULL", "\\N", " x "],
    Kind.INTEGER: [2**63 - 1, None, -(2**63), 0, 1, 2, 3],
    Kind.DECIMAL: [Decimal("0.1"), None, Decimal("-" + "9" * 18 + ".5"), *[Decimal(0)] * 4],
    Kind.BOOLEAN: [True, None, False, True, True, True, True],
    Kind.DATE: [dt.date(1, 1, 1), None, dt.date(9999, 12, 31), *[dt.date(2024, 2, 29)] * 4],
    Kind.DATETIME: [
        dt.datetime(2024, 2, 29, 1, 2, 3, 4, dt.UTC),
        None,
        dt.datetime(1, 1, 1, tzinfo=dt.UTC),
        *[dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, dt.UTC)] * 4,
    ],
}
FRAME = polars.DataFrame(
    [polars.Series(kind.value, values, TYPES[kind]) for kind, values in VALUES.items()]
)


def test_nothing_is_told_apart_from_an_empty_text() -> None:
    lines = copy_bytes(FRAME.head(2)).decode().splitlines()

    assert lines == [
        '"",9223372036854775807,0.10000000000000000000,"true","0001-01-01","2024-02-29T01:02:03.000004Z"',
        ",,,,,",
    ]


def test_texts_are_quoted_whatever_they_are() -> None:
    texts = FRAME.select("text")

    assert copy_bytes(texts) == b'""\n\n"a ""b""\n,c"\n"\\."\n"NULL"\n"\\N"\n" x "\n'


@pytest.mark.postgres
@pytest.mark.django_db
def test_postgresql_reads_back_the_same() -> None:
    names = ", ".join(FRAME.columns)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE copied (place serial, text text, integer bigint,"
            " decimal numeric(38, 20), boolean boolean, date date, datetime timestamptz)"
        )
        with cursor.copy(f"COPY copied ({names}) FROM STDIN (FORMAT csv)") as copy:
            copy.write(copy_bytes(FRAME))
        cursor.execute(f"SELECT {names} FROM copied ORDER BY place")
        rows = cursor.fetchall()

    assert rows == FRAME.rows()
