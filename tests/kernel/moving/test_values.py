"""Values of SQLite as PostgreSQL takes them, and the sum that is the same on both sides."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kernel.moving.errors import MisuseError
from kernel.moving.source import held
from kernel.moving.values import Column, Json, Sum, UnfitError


@pytest.mark.parametrize(
    ("kind", "kept", "becomes"),
    [
        ("uuid", "0189000000007000800000000000000a", UUID("01890000-0000-7000-8000-00000000000a")),
        ("boolean", 1, True),
        (
            "timestamp with time zone",
            "2026-05-01 12:00:00.5",
            datetime(2026, 5, 1, 12, microsecond=500_000, tzinfo=UTC),
        ),
        ("date", "2026-05-01", date(2026, 5, 1)),
        ("interval", 1_500_000, timedelta(seconds=1.5)),
        ("jsonb", '{"a": 1}', Json('{"a": 1}')),
        ("numeric(38,20)", "1.50", Decimal("1.50")),
        ("inet", "2001:db8::1", "2001:db8::1"),
        ("bytea", b"\0\1", b"\0\1"),
        ("smallint", -(2**15), -(2**15)),
        ("character varying(3)", "abc", "abc"),
        ("text", None, None),
    ],
)
def test_a_value_becomes_what_it_means(kind: str, kept: object, becomes: object) -> None:
    assert Column("some", kind).reader()(kept) == becomes


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        ("character varying(3)", "abcd"),
        ("text", "a\0b"),
        ("text", "\udcff"),
        ("text", b"bytes"),
        ("bytea", 5),
        ("jsonb", '{"a": "\\u0000"}'),
        ("jsonb", "{"),
        ("smallint", 2**15),
        ("integer", 1.5),
        ("boolean", 2),
        ("uuid", "nobody"),
        ("timestamp with time zone", "yesterday"),
        ("numeric(38,20)", "many"),
    ],
)
def test_a_value_that_would_be_refused_is_told(kind: str, kept: object) -> None:
    with pytest.raises(UnfitError):
        Column("some", kind).reader()(kept)


def test_a_backslash_before_a_zero_is_no_nul() -> None:
    assert Column("some", "jsonb").reader()('["\\\\u0000"]') == Json('["\\\\u0000"]')


def summed(*rows: tuple[Any, ...]) -> tuple[int, str]:
    found = Sum()
    for row in rows:
        found.add(row)
    return found.rows, found.told


def test_a_sum_is_of_what_is_meant_in_any_order_and_of_nothing_else() -> None:
    first = (Json('{"b": 1e3, "a": [1.50]}'), Decimal("1.50"), None)
    same = (Json('{"a": [1.5], "b": 1000}'), Decimal("1.5"), None)

    assert summed(first, ("x",)) == summed(("x",), same)
    assert summed(("x",)) != summed(("x",), ("x",))
    assert len({summed((value,)) for value in ("1", 1, True, None, b"1", Json("1"))}) == 6


def test_a_file_is_held_only_while_nobody_has_it_open(tmp_path: Path) -> None:
    file = tmp_path / "some.sqlite3"
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE some (id)")
        other.execute("INSERT INTO some VALUES ('a')")
        other.commit()
        with pytest.raises(MisuseError, match="is in use"), held(file):
            pass
    with held(file) as source, closing(sqlite3.connect(file, timeout=0)) as other:
        counted = Sum()
        assert [*source.rows("some", [Column("id", "text")], counted)] == [("a",)]
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("SELECT * FROM some")
    with pytest.raises(MisuseError, match="not there"), held(tmp_path / "other"):
        pass


def test_a_row_that_does_not_fit_is_named(tmp_path: Path) -> None:
    file = tmp_path / "some.sqlite3"
    with closing(sqlite3.connect(file)) as made:
        made.execute("CREATE TABLE some (id, name)")
        made.execute("INSERT INTO some VALUES (7, 'too long')")
        made.commit()
    columns = [Column("id", "bigint"), Column("name", "character varying(3)")]

    with held(file) as source, pytest.raises(UnfitError, match="some, name, where id is 7"):
        list(source.rows("some", columns, Sum()))
