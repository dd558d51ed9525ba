"""Rows that failed are mended one by one: by the same checks, an import of their own."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.importexport.conf import ERRORS_SHOWN
from apps.importexport.models import DataTable, ImportJob
from apps.importexport.services.analysing import analyse_import
from apps.importexport.services.controlling import undo_import
from apps.importexport.services.imports import check_import, start_import
from apps.importexport.services.repairing import repair_rows
from contracts.importexport import ImportRowsRepaired
from kernel.datasets import client
from kernel.testing.dynamic import said
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from tests.importexport.importing import (
    HEADER,
    MAPPING,
    airports,
    held,
    import_of,
    run,
    somebody,
    with_files,
)

pytestmark = [pytest.mark.usefixtures("tenant"), with_files]

BAD = HEADER + (
    "A,Alpha,1,NL,a\n"
    "B,Beta,x,XX,b\n"  # no number; that it has no country, either, nobody asks then
    'C,"=Gam\nma",30000,NL,c\n'  # out of range
    "D,Delta,1,XX,d\n"  # no such country
    "E,Epsilon,1,NL,e,more,yet\n"  # longer than the header
)
ROWS = """query($id: ID!, $code: String, $column: String, $first: Int, $after: String) {
  importFailedRows(importId: $id, code: $code, column: $column, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { position line mends values surplus problems { column code } } } }"""
REPAIR = """mutation($input: RepairImportRowsInput!) { repairImportRows(input: $input) {
  importJob { id state retryOf mends policy } error { code message } } }"""
COUNTS = "query($id: ID!) { importJob(id: $id) { problems { column code count } } }"


@pytest.fixture
def table() -> DataTable:
    return airports("NL")


def failed(graphql: GraphQLClient, job: ImportJob, **wanted: Any) -> Any:
    return graphql(ROWS, id=str(job.pk), **wanted).data["importFailedRows"]


def repair(graphql: GraphQLClient, job: ImportJob, **rows: dict[str, str]) -> Any:
    """Mend rows, each by its position behind a letter."""
    sent = [{"position": int(at[1:]), "values": values} for at, values in rows.items()]
    answer = graphql(REPAIR, input={"id": str(job.pk), "rows": sent}).data["repairImportRows"]
    drain()
    return answer


def made(answer: Any) -> ImportJob:
    assert answer["error"] is None, answer
    return ImportJob.objects.get(pk=answer["importJob"]["id"])


def test_rows_that_failed_are_shown_as_they_came(graphql: GraphQLClient, table: DataTable) -> None:
    job = run(import_of(BAD), check_import)

    rows = failed(graphql, job)["nodes"]

    assert [(one["position"], one["line"]) for one in rows] == [(2, 3), (3, 4), (4, 6), (5, 7)]
    assert rows[1]["values"] == {
        "ident": "C",
        "name": "=Gam\nma",
        "elevation": "30000",
        "country": "NL",
        "gps": "c",
    }
    assert [one["surplus"] for one in rows] == [[], [], [], ["more", "yet"]]
    assert [[(one["column"], one["code"]) for one in row["problems"]] for row in rows] == [
        [("elevation", "NOT_AN_INTEGER")],
        [("elevation", "OUT_OF_RANGE")],
        [("country", "NO_SUCH_ROW")],
        [("", "TOO_MANY_VALUES")],
    ]


def test_they_come_in_pages_and_by_what_is_wrong(graphql: GraphQLClient, table: DataTable) -> None:
    job = run(import_of(BAD), check_import)

    def positions(page: Any) -> list[int]:
        return [one["position"] for one in page["nodes"]]

    first = failed(graphql, job, first=3)
    assert (positions(first), first["pageInfo"]["hasNextPage"]) == ([2, 3, 4], True)
    second = failed(graphql, job, first=3, after=first["pageInfo"]["endCursor"])
    assert (positions(second), second["pageInfo"]["hasNextPage"]) == ([5], False)
    assert positions(failed(graphql, job, column="elevation")) == [2, 3]
    found = failed(graphql, job, column="elevation", code="OUT_OF_RANGE")
    assert (positions(found), found["totalCount"]) == ([3], 1)
    assert positions(failed(graphql, job, column="")) == [5]


def test_a_page_costs_the_same_few_and_many(graphql: GraphQLClient, table: DataTable) -> None:
    job = run(import_of(BAD), check_import)

    def cost(first: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert len(failed(graphql, job, first=first)["nodes"]) == first
        return len(queries)

    cost(1)
    assert cost(1) == cost(4)


def test_problems_are_counted_also_beyond_those_that_are_shown(
    graphql: GraphQLClient, table: DataTable
) -> None:
    lines = "".join(f"X{number},Name,x,NL,\n" for number in range(30))
    with said(ERRORS_SHOWN, 10):
        job = run(import_of(HEADER + lines + "Y,Name,30000,NL,\n", mapping=MAPPING))

    assert failed(graphql, job)["totalCount"] == 10
    assert graphql(COUNTS, id=str(job.pk)).data["importJob"]["problems"] == [
        {"column": "elevation", "code": "NOT_AN_INTEGER", "count": 30},
        {"column": "elevation", "code": "OUT_OF_RANGE", "count": 1},
    ]


def test_mended_rows_are_checked_alone_and_brought_when_they_are_started(
    graphql: GraphQLClient, table: DataTable
) -> None:
    job = run(import_of(BAD))
    assert (job.inserted, job.failed) == (1, 4)

    answer = repair(graphql, job, p4={"country": "NL"}, p2={"elevation": "2"}, p5={"name": "Five"})

    told = answer["importJob"]
    assert (told["retryOf"], told["mends"], told["policy"]) == (
        str(job.pk),
        [2, 4, 5],
        "SKIP_BAD_ROWS",
    )
    mended = made(answer)
    assert (mended.state, mended.read, mended.inserted, mended.failed) == ("checked", 3, 2, 1)
    [row] = failed(graphql, mended)["nodes"]
    assert (row["position"], row["mends"], row["problems"]) == (
        1,
        2,
        [{"column": "country", "code": "NO_SUCH_ROW"}],
    )
    assert len(held(table)) == 1
    assert (
        ImportRowsRepaired(import_id=str(job.pk), name=job.name, repair_id=str(mended.pk), rows=3)
        in published()
    )

    mended = run(mended, start_import)

    assert (mended.state, mended.inserted, mended.failed) == ("done", 2, 1)
    assert held(table) == [
        ("A", "Alpha", 1, "NL", "a"),
        ("D", "Delta", 1, "NL", "d"),
        ("E", "Five", 1, "NL", "e"),
    ]

    mended = run(mended, undo_import)

    assert (mended.state, mended.undone) == ("undone", 2)
    assert [row[0] for row in held(table)] == ["A"]


def test_what_is_not_mended_comes_as_it_was(graphql: GraphQLClient, table: DataTable) -> None:
    job = run(import_of(BAD))

    run(made(repair(graphql, job, p3={"elevation": "3"})), start_import)

    assert held(table)[1] == ("C", "=Gam\nma", 3, "NL", "c")


def test_rows_of_a_repair_are_mended_in_their_turn(
    graphql: GraphQLClient, table: DataTable
) -> None:
    job = run(import_of(BAD))
    mended = made(repair(graphql, job, p2={"elevation": "2"}))
    assert mended.failed == 1

    again = made(repair(graphql, mended, p1={"country": "NL"}))
    run(again, start_import)

    assert held(table)[1] == ("B", "Beta", 2, "NL", "b")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "1 to 200 rows are mended at a time, not 0"),
        ([(1, {"name": "a"})], "row 1 is none that failed"),
        ([(2, {"Name": "a"})], "the source has no column 'Name'"),
        ([(2, {"name": 3})], "name of row 2 is a text"),
        ([(2, {"name": "a" * 10_001})], "name of row 2 is a text"),
        ([(2, ["name"])], "the values of row 2 are an object"),
        ([(2, {}), (2, {})], "a row is mended twice"),
        ([(at, {}) for at in range(201)], "1 to 200 rows are mended at a time, not 201"),
    ],
)
def test_what_mends_nothing_is_refused(
    graphql: GraphQLClient, table: DataTable, rows: list[tuple[int, Any]], message: str
) -> None:
    job = run(import_of(BAD))
    sent = [{"position": at, "values": values} for at, values in rows]

    answer = graphql(REPAIR, input={"id": str(job.pk), "rows": sent}).data["repairImportRows"]

    assert answer["error"]["code"] == "INVALID_INPUT"
    assert message in answer["error"]["message"]
    assert ImportJob.objects.count() == 1


def test_a_job_that_is_begun_again_keeps_mended_rows_once(
    graphql: GraphQLClient, table: DataTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = run(import_of(BAD))
    with monkeypatch.context() as patched:
        # Its worker dies once the rows are kept, before they are looked at.
        patched.setattr("apps.importexport.services.analysing._look_at", lambda _job: 1 / 0)
        sent = [{"position": 4, "values": {"country": "NL"}}]
        with somebody():
            repair_rows(id=str(job.pk), rows=sent)
        mended = ImportJob.objects.get(retry_of=job.pk)
        with pytest.raises(ZeroDivisionError):
            analyse_import(mended.pk, mended.round)
        mended.refresh_from_db()
        key = mended.source_key
    assert (bool(key), mended.mended_rows, mended.mends) == (True, [], [4])

    analyse_import(mended.pk, mended.round)

    mended.refresh_from_db()
    assert (mended.state, mended.source_key) == ("checking", key)


def test_nothing_is_mended_while_a_job_works_on_it(
    graphql: GraphQLClient, table: DataTable
) -> None:
    job = run(import_of(BAD))
    ImportJob.objects.filter(pk=job.pk).update(state="running")

    answer = repair(graphql, job, p2={"elevation": "2"})

    assert answer["error"]["code"] == "CONFLICT"
    assert ImportJob.objects.count() == 1


def test_a_row_that_is_too_long_is_left_to_the_file(
    graphql: GraphQLClient, table: DataTable
) -> None:
    job = run(import_of(f"{HEADER}A,{'a' * 20_001},x,NL,\n", mapping=MAPPING))

    [row] = failed(graphql, job)["nodes"]
    answer = repair(graphql, job, p1={"elevation": "1"})

    assert row["values"] is None
    assert answer["error"]["code"] == "INVALID_INPUT"


@pytest.mark.skipif("config" not in settings.SERVICES, reason="runs where flags are")
def test_mended_rows_of_another_apps_dataset_are_its_to_take(
    graphql: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, bool]] = []
    apply = client.apply

    def noted(name: str, **wanted: Any) -> Any:
        told.append((name, wanted["dry"]))
        return apply(name, **wanted)

    mapping = [{"field": name, "source": name} for name in ("key", "description", "tags")]
    job = run(
        import_of(
            "key,description,tags\nnew-search,Search,[]\nno-list,Bad,1\n",
            dataset="config.flags",
            mapping=mapping,
            mode="upsert",
        )
    )
    assert (job.inserted, job.failed) == (1, 1)
    monkeypatch.setattr(client, "apply", noted)

    mended = made(repair(graphql, job, p2={"tags": "[]"}))
    mended = run(mended, start_import)

    assert told == [("config.flags", True), ("config.flags", False)]
    assert (mended.state, mended.inserted, mended.failed) == ("done", 1, 0)
