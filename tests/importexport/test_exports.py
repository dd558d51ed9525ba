"""Exports: rows of tables written once, into files that the files service then has."""

import csv
import gzip
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from apps.importexport.conf import EXPORT_ROWS, EXPORTS_WAITING
from apps.importexport.models import ExportJob, ExportPart
from apps.importexport.models.rows import model_of
from apps.importexport.selectors import table_reading as reading
from apps.importexport.services.exporting import sweep_exports
from apps.importexport.services.exports import (
    cancel_export,
    create_export,
    delete_export,
    delete_exports,
    retry_export,
)
from apps.importexport.services.tables import create_table
from contracts.datasets import Field, Kind
from contracts.importexport import (
    ExportCancelled,
    ExportCreated,
    ExportDeleted,
    ExportExpired,
    ExportFailed,
    ExportFinished,
    ExportRetried,
    ExportStarted,
)
from kernel import clock
from kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
)
from kernel.identity.models import ApiKey
from kernel.testing.dynamic import said
from kernel.testing.events import published
from kernel.testing.jobs import drain
from tests.importexport.exporting import asking, contents, exported, kept_in, stored, with_files
from tests.importexport.tables import TEMPELHOF, airports, countries, put

pytestmark = [pytest.mark.usefixtures("tenant"), with_files]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return kept_in(monkeypatch, tmp_path)


def told() -> list[Any]:
    """Return what was told of exports."""
    return [one for one in published() if one.TYPE.startswith("importexport.export")]


def test_a_table_is_written_once_and_told_of(folder: Path) -> None:
    countries("DE", "FR")

    export = exported(dataset="tables.countries", order=["-code"])

    assert contents(export) == [b"code,name\r\nFR,Country FR\r\nDE,Country DE\r\n"]
    assert (export.state, export.row_count, export.size_bytes) == ("ready", 2, 41)
    part = export.parts.get()
    assert (part.name, part.file_id, part.file_key) == (
        "tables.countries.csv",
        export.result_id,
        "",
    )
    assert stored(folder) == []
    id_ = str(export.pk)
    assert told() == [
        ExportCreated(
            export_id=id_, name="tables.countries", dataset="tables.countries", format="csv"
        ),
        ExportStarted(export_id=id_, name="tables.countries"),
        ExportFinished(
            export_id=id_,
            name="tables.countries",
            dataset="tables.countries",
            format="csv",
            file_ids=(str(export.result_id),),
            rows=2,
            size_bytes=41,
        ),
    ]


def test_every_kind_of_value_is_written_as_datasets_tell_it() -> None:
    table = airports()
    with asking():
        from apps.importexport.services.table_rows import add_row  # noqa: PLC0415

        add_row(table="airports", values=TEMPELHOF)
    put(table, ident="EDDF", name="")

    csv_, lines = (
        contents(exported(dataset="tables.airports", format=one, order=["ident"]))[0].decode()
        for one in ("csv", "jsonl")
    )

    empty, full = csv.DictReader(io.StringIO(csv_))
    assert full == {
        **{name: str(value) for name, value in TEMPELHOF.items()},
        "open": "false",
        "more": full["more"],
    }
    assert json.loads(full["more"]) == TEMPELHOF["more"]
    assert set(empty.values()) == {"EDDF", ""}
    assert [json.loads(one) for one in lines.splitlines()][1] == TEMPELHOF


def test_columns_filter_and_guard_are_as_asked_for() -> None:
    table = countries()
    for code, name in (("a", "=1+1"), ("b", "'=1"), ("c", "-7"), ("d", "plain")):
        put(table, code=code, name=name)
    wanted: dict[str, Any] = {"dataset": "tables.countries", "columns": ["name"], "order": ["code"]}

    assert contents(exported(**wanted)) == [b"name\r\n'=1+1\r\n''=1\r\n-7\r\nplain\r\n"]
    assert contents(exported(**wanted, guard=False)) == [b"name\r\n=1+1\r\n'=1\r\n-7\r\nplain\r\n"]
    assert contents(exported(**wanted, filter={"code": ["c", "d"]})) == [b"name\r\n-7\r\nplain\r\n"]


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_files_are_packed_and_split_by_size(format_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table = countries()
    monkeypatch.setattr(reading, "FETCHED", 3)
    rows = [model_of(table)(c_code=f"{at:02}", c_name="n" * 300_000) for at in range(10)]
    model_of(table).objects.bulk_create(rows)

    export = exported(dataset="tables.countries", format=format_, part_bytes=1_000_000)
    packed = exported(dataset="tables.countries", format=format_, compression="gzip")

    parts = list(export.parts.order_by("position"))
    assert [one.row_count for one in parts] == [6, 4]
    assert [one.name for one in parts] == [
        f"tables.countries-001.{format_}",
        f"tables.countries-002.{format_}",
    ]
    whole = contents(packed)
    assert packed.parts.get().name == f"tables.countries.{format_}.gz"
    first, second = contents(export)
    header = 0 if format_ == "jsonl" else second.index(b"\n") + 1
    assert gzip.decompress(whole[0]) == first + second[header:]


@pytest.mark.skipif(not reading.can_copy(), reason="PostgreSQL alone copies")
def test_a_copy_takes_longer_than_other_statements_may() -> None:
    rows = model_of(countries("DE")).objects.extra(where=["pg_sleep(0.3) IS NOT NULL"])
    fields = [Field(name="code", kind=Kind.TEXT)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 100")
        copy = reading.copied(rows, fields, delimiter=",", guard=False, masked=frozenset())
        copied = [(count, bytes(lines)) for count, lines in copy]

    assert copied == [(1, b"DE\r\n")]


def test_an_empty_table_is_a_file_with_its_header() -> None:
    countries()

    assert contents(exported(dataset="tables.countries")) == [b"code,name\r\n"]


def test_what_is_masked_stays_so_unless_the_right_is_there_then_and_now() -> None:
    name = {"name": "name", "septet:maskedWithout": "importexport:write"}
    table = create_table(
        name="a", schema={"fields": [{"name": "code"}, name], "primaryKey": "code"}
    )
    put(table, code="x", name="secret")
    put(table, code="y", name=None)
    wanted: dict[str, Any] = {"dataset": "tables.a", "order": ["code"]}

    with asking():
        lost = create_export(format="csv", **wanted)
    ApiKey.objects.update(scopes=["importexport:read", "files:read"])
    drain()

    assert contents(exported("importexport:read", **wanted)) == [b"code,name\r\nx,***\r\ny,\r\n"]
    assert contents(exported(**wanted)) == [b"code,name\r\nx,secret\r\ny,\r\n"]
    assert contents(ExportJob.objects.get(pk=lost.pk)) == [b"code,name\r\nx,***\r\ny,\r\n"]
    with asking("importexport:read"), pytest.raises(ForbiddenError):
        create_export(format="csv", dataset="tables.a", filter={"name": "secret"})


def test_who_may_do_nothing_any_more_gets_nothing() -> None:
    countries("DE")
    with asking():
        export = create_export(format="csv", dataset="tables.countries")
    ApiKey.objects.update(revoked_at=clock.now())

    drain()

    export.refresh_from_db()
    assert (export.state, export.error_code) == ("failed", "FORBIDDEN")
    assert told()[-1] == ExportFailed(
        export_id=str(export.pk),
        name=export.name,
        error_code="FORBIDDEN",
        error_message="a key may do nothing here any more",
    )
    assert ExportPart.objects.count() == 0


def test_a_series_goes_on_where_it_ended_less_the_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    table = countries("DE")
    wanted: dict[str, Any] = {"dataset": "tables.countries", "series": "s", "order": ["code"]}
    wanted |= {"columns": ["code"]}
    first = exported(**wanted)
    start = clock.now()

    def at(minutes: int) -> None:
        then = start + timedelta(minutes=minutes)
        monkeypatch.setattr("kernel.clock.now", lambda: then)

    at(10)
    put(table, code="FR", name="France", changed_at=start - timedelta(minutes=2))
    put(table, code="IT", name="Italy")
    at(11)
    second = exported(**wanted)
    at(30)
    third = exported(**wanted)

    assert contents(first) == [b"code\r\nDE\r\n"]
    assert contents(second) == [b"code\r\nDE\r\nFR\r\nIT\r\n"]
    assert contents(third) == [b"code\r\n"]
    assert told()[-1].until == third.until == (start + timedelta(minutes=30)).isoformat()


def test_two_of_a_series_are_not_under_way_at_a_time() -> None:
    countries()
    with asking():
        create_export(format="csv", dataset="tables.countries", series="s")
        with pytest.raises(ConflictError, match="the series s is under way"):
            create_export(format="csv", dataset="tables.countries", series="s")


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({}, InvalidInputError, "of a dataset or of a query: one of them"),
        ({"dataset": "tables.nothing"}, NotFoundError, "no table tables.nothing"),
        ({"dataset": "tables.countries", "columns": ["x"]}, InvalidInputError, "has no field 'x'"),
        ({"dataset": "tables.countries", "order": ["-x"]}, InvalidInputError, "has no field 'x'"),
        ({"dataset": "tables.countries", "filter": {"x": 1}}, InvalidInputError, "no field 'x'"),
        ({"dataset": "tables.countries", "part_bytes": 1}, InvalidInputError, "at least 1,000,000"),
        ({"dataset": "tables.countries", "since": "now"}, InvalidInputError, "has a time zone"),
        ({"dataset": "config.flags", "order": ["key"]}, InvalidInputError, "only tables are put"),
        ({"query": {"query": "{"}}, InvalidInputError, "query: Syntax Error"),
        ({"query": {"query": "mutation { a }"}}, InvalidInputError, "query is one query"),
        ({"query": {"query": "{ a }"}}, InvalidInputError, "path says where"),
        (
            {"query": {"query": "{ a }", "path": "a", "service": "x"}},
            InvalidInputError,
            "no service",
        ),
    ],
)
def test_what_cannot_be_is_not_asked_for(
    asked: dict[str, Any], error: type[Exception], message: str
) -> None:
    countries()

    with asking(), pytest.raises(error, match=message):
        create_export(format="csv", **asked)

    assert ExportJob.objects.count() == 0
    assert told() == []


def test_more_than_are_written_at_a_time_are_refused() -> None:
    countries()
    with asking(), said(EXPORTS_WAITING, 1):
        create_export(format="csv", dataset="tables.countries")
        with pytest.raises(LimitExceededError, match="at most 1 exports"):
            create_export(format="csv", dataset="tables.countries")


def test_an_export_that_grows_too_long_fails() -> None:
    countries("DE", "FR")

    with said(EXPORT_ROWS, 1):
        export = exported(dataset="tables.countries")

    assert (export.state, export.error_code) == ("failed", "IMPORTEXPORT_EXPORT_LIMIT")
    assert export.error_message == "an export has at most 1 rows"


def test_one_that_is_stopped_leaves_nothing_and_may_be_tried_again(folder: Path) -> None:
    countries("DE")
    with asking():
        export = create_export(format="csv", dataset="tables.countries")
        for _ in range(2):
            assert cancel_export(id=str(export.pk)).state == "cancelled"
        drain()
        before = stored(folder)
        retry_export(id=str(export.pk))
        drain()
        export.refresh_from_db()
        assert export.state == "ready"
        for refused in (cancel_export, retry_export):
            with pytest.raises(ConflictError, match="the export is ready"):
                refused(id=str(export.pk))

    assert before == []
    assert [type(one) for one in told()] == [
        ExportCreated, ExportCancelled, ExportRetried, ExportStarted, ExportFinished,
    ]  # fmt: skip


def test_files_of_an_export_that_is_removed_stay() -> None:
    countries("DE")
    export, other = (exported(dataset="tables.countries") for _ in range(2))
    file_ids = [str(one.file_id) for one in ExportPart.objects.all()]

    delete_export(id=str(export.pk))
    delete_exports(ids=[str(other.pk)])
    drain()

    from apps.files.models import File  # noqa: PLC0415  as its owner has it

    assert File.objects.filter(pk__in=file_ids).count() == 2
    assert ExportPart.objects.count() == 0
    assert [type(one) for one in told()[-2:]] == [ExportDeleted, ExportDeleted]


def test_files_are_kept_for_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    countries("DE")
    export = exported(dataset="tables.countries")
    later = clock.now() + timedelta(days=15)

    sweep_exports()
    export.refresh_from_db()
    assert export.state == "ready"
    monkeypatch.setattr("kernel.clock.now", lambda: later)
    sweep_exports()
    drain()

    export.refresh_from_db()
    assert (export.state, export.result_id) == ("expired", None)
    assert told()[-1] == ExportExpired(export_id=str(export.pk), name=export.name)
    with asking(), pytest.raises(NotFoundError):
        contents_of(export)


def contents_of(export: ExportJob) -> None:
    from apps.importexport.services.downloads import download_address  # noqa: PLC0415

    download_address(export)


def test_a_question_to_the_graph_is_asked_as_who_asked_page_after_page() -> None:
    from apps.importexport.services import create_import  # noqa: PLC0415

    for name in "cab":
        create_import(name=f"{name}.csv", format="csv")
    query = """query($after: String) { importJobs(order: NAME, first: 2, after: $after) {
        nodes { name rowCount source { id } } pageInfo { hasNextPage endCursor } } }"""
    wanted = {"query": query, "path": "importJobs", "service": "importexport"}

    export = exported(query=wanted, name="imports")
    narrow = exported("files:read", query=wanted)

    assert contents(export) == [b"name,rowCount,source\r\na.csv,0,\r\nb.csv,0,\r\nc.csv,0,\r\n"]
    assert (narrow.state, narrow.error_code) == ("failed", "IMPORTEXPORT_EXPORT_UNREADABLE")
    assert "FORBIDDEN" in narrow.error_message


@pytest.mark.parametrize("path", ["nothing", "importJobs.pageInfo"])
def test_a_question_without_a_connection_fails(path: str) -> None:
    query = "{ importJobs { nodes { id } pageInfo { hasNextPage } } }"

    export = exported(query={"query": query, "path": path, "service": "importexport"})

    assert export.error_message == f"there is no connection at '{path}'"


@pytest.mark.skipif("config" not in settings.SERVICES, reason="runs where the config service is")
def test_a_dataset_of_another_app_is_read_as_who_asked() -> None:
    from apps.config.services.flags import create_flag  # noqa: PLC0415  as its owner makes it

    for key in ("b", "a"):
        create_flag(key=key, description=f"=Flag {key}")
    wanted: dict[str, Any] = {"dataset": "config.flags", "columns": ["key", "description"]}

    export = exported("config:read", **wanted)
    narrow = exported("importexport:read", **wanted)

    assert contents(export) == [b"key,description\r\na,'=Flag a\r\nb,'=Flag b\r\n"]
    assert (narrow.state, narrow.error_code) == ("failed", "FORBIDDEN")


def test_an_empty_text_is_told_from_no_text() -> None:
    table = airports()
    put(table, ident="EDDF", name="")
    put(table, ident="EDDM", name=None)

    # Written by PostgreSQL where that is the database, else by Python.
    export = exported(dataset="tables.airports", columns=["ident", "name"], order=["ident"])

    assert contents(export) == [b'ident,name\r\nEDDF,""\r\nEDDM,\r\n']
