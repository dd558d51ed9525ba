"""Parquet files become one kind of file."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps.importexport.adapters.reading.previewing import preview
from apps.importexport.domain.formats.dialects import Dialect, Format
from apps.importexport.domain.formats.limits import Limits
from apps.importexport.errors import (
    SourceEncodingError,
    SourceTooLargeError,
    SourceUnreadableError,
)
from tests.importexport.formats.sources import read, rows_of

PARQUET = Dialect(format=Format.PARQUET)


def parquet(**columns: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def test_each_type_has_its_text(tmp_path: Path) -> None:
    content = parquet(
        n=[12345678901234567, None],
        price=pa.array([Decimal("1.50"), None]),
        ratio=[0.1, 1.0],
        ok=[True, None],
        day=[date(2024, 2, 29), None],
        at=pa.array([datetime(2024, 2, 29, 10, tzinfo=UTC), None]),
        bare=pa.array([datetime(2024, 2, 29, 10, 0, 0, 5), None]),  # noqa: DTZ001  it has none
        text=['a "b",\nc', ""],
        words=pa.array(["x", "x"]).dictionary_encode(),
        several=[[1, 2], None],
        bytes=pa.array([b"caf\xc3\xa9", None], pa.binary()),
    )

    found = read(tmp_path, content)

    assert found.columns[:3] == ("n", "price", "ratio")
    assert rows_of(found) == [
        [
            "12345678901234567",
            "1.50",
            "0.1",
            "true",
            "2024-02-29",
            "2024-02-29T10:00:00+00:00",
            "2024-02-29T10:00:00.000005",
            'a "b",\nc',
            "x",
            "[1, 2]",
            "café",
        ],
        ["", "", "1", "", "", "", "", "", "x", "", ""],
    ]
    assert (found.first_line, found.row_is_line, found.guarded) == (1, True, False)


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceEncodingError, match="the column 'a' holds bytes"):
        read(tmp_path, parquet(a=[b"\xff"]))
    with pytest.raises(SourceEncodingError, match="NUL"):
        read(tmp_path, parquet(a=["\0"]))


def test_what_is_no_parquet_is_told(tmp_path: Path) -> None:
    whole = parquet(a=list(range(1_000)))

    for content in (
        b"PAR1",
        whole[:-9],
        whole[:100],
        b"a\n1\n",
        whole[:40] + bytes(60) + whole[100:],
    ):
        with pytest.raises(SourceUnreadableError):
            read(tmp_path, content, PARQUET)


def test_limits_are_named(tmp_path: Path) -> None:
    content = parquet(a=["long"], b=[1])

    for limits, told in (
        (Limits(columns=1), "2 columns"),
        (Limits(cell_characters=3), "'a' has a"),
    ):
        with pytest.raises(SourceTooLargeError, match=told):
            read(tmp_path, content, limits=limits)


def test_a_preview_shows_so_many_rows(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(parquet(a=list(range(50_000))))

    shown = preview(tmp_path / "source", PARQUET, rows=2)

    assert (shown.columns, shown.rows) == (("a",), (("0",), ("1",)))
