"""Rows come into a table: which, which not and why, and what there is when it is over."""

import io
import zipfile
from typing import Any

import pytest

from apps.importexport.conf import TABLE_ROWS
from apps.importexport.models import (
    DataTable,
    FailedRows,
    ImportJob,
    ImportState,
    RowError,
    RowImage,
    SeenKey,
)
from apps.importexport.models.rows import model_of
from apps.importexport.selectors.imports import progress_of
from apps.importexport.services import committing
from apps.importexport.services.controlling import (
    cancel_import,
    pause_import,
    resume_import,
    undo_import,
)
from apps.importexport.services.imports import check_import, start_import
from contracts.importexport import ImportChecked, ImportFinished, ImportStarted, ImportUndone
from kernel.errors import ConflictError
from kernel.tenancy.context import in_tenant
from kernel.testing.dynamic import said
from kernel.testing.events import published
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.importexport.importing import (
    HEADER,
    airports,
    fill,
    held,
    import_of,
    run,
    somebody,
    with_files,
)

pytestmark = [pytest.mark.usefixtures("tenant")]

GOOD = HEADER + "A,Alpha,1,NL,\nB,Beta,2,,b\n"
BAD = HEADER + (
    "A,Alpha,1,NL,a\n"  # good
    "B,Beta,x,NL,b\n"  # no number
    "C,Gamma,30000,NL,c\n"  # out of range
    "A,Again,1,NL,d\n"  # the key of a row before
    "D,Delta,1,XX,e\n"  # no such country
    "E,Epsilon,1,NL,a\n"  # not unique
    "F,Zeta,1,NL,f\n"  # good
)


@pytest.fixture
def table() -> DataTable:
    return airports("NL", "DE")


@pytest.fixture(params=[20, 60, 2_000_000])
def piece_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Pieces of a record, of two or three, and of all."""
    size: int = request.param
    monkeypatch.setattr("apps.importexport.services.import_work.piece_bytes", lambda: size)
    return size


def errors(job: ImportJob) -> list[tuple[int, str, str, str]]:
    rows = RowError.objects.filter(import_id=job.pk).order_by("position", "id")
    return list(rows.values_list("line", "column", "value", "code"))


def counts(job: ImportJob) -> tuple[int, int, int, int]:
    return job.read, job.inserted, job.updated, job.failed


def test_a_source_is_looked_at_and_its_columns_are_suggested(table: DataTable) -> None:
    job = import_of(GOOD)

    assert job.state == ImportState.READY
    assert job.preview["columns"] == ["ident", "name", "elevation", "country", "gps"]
    assert job.preview["rows"] == [["A", "Alpha", "1", "NL", ""], ["B", "Beta", "2", "", "b"]]
    assert [one["field"] for one in job.mapping] == job.preview["columns"]


def test_the_table_of_a_zip_is_brought_whatever_lies_beside_it(table: DataTable) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("README.txt", "Airports, as of today\n")
        archive.writestr("airports.csv", GOOD.replace(",", ";"))

    job = import_of(packed.getvalue())

    assert (job.dialect["member"], job.dialect["delimiter"]) == ("airports.csv", ";")
    assert counts(run(job)) == (2, 2, 0, 0)


def test_rows_are_brought_and_told_of(table: DataTable, piece_bytes: int) -> None:
    job = run(import_of(GOOD))

    assert (job.state, job.error_code, counts(job)) == ("done", "", (2, 2, 0, 0))
    assert (job.row_count, job.offset) == (2, len(GOOD))
    rows = [("A", "Alpha", 1, "NL", None), ("B", "Beta", 2, None, "b")]
    assert [row[:4] for row in held(table)] == [row[:4] for row in rows]
    told = [one for one in published() if isinstance(one, ImportStarted | ImportFinished)]
    assert told == [
        ImportStarted(import_id=str(job.pk), name=job.name, dataset="tables.airports"),
        ImportFinished(
            import_id=str(job.pk),
            name=job.name,
            dataset="tables.airports",
            inserted=2,
            updated=0,
            removed=0,
            failed=0,
            unchanged=0,
        ),
    ]


FAILED = [
    (3, "elevation", "x", "NOT_AN_INTEGER"),
    (4, "elevation", "30000", "OUT_OF_RANGE"),
    (5, "ident", "A", "DUPLICATE"),
    (6, "country", "XX", "NO_SUCH_ROW"),
    (7, "gps", "a", "NOT_UNIQUE"),
]


@with_files
def test_every_row_that_fails_is_named_whatever_the_pieces(
    table: DataTable, piece_bytes: int
) -> None:
    job = run(import_of(BAD))

    assert (job.state, counts(job)) == ("done", (7, 2, 0, 5))
    assert [row[0] for row in held(table)] == ["A", "F"]
    assert errors(job) == FAILED


@with_files
def test_a_dry_run_says_the_same_and_brings_nothing(table: DataTable, piece_bytes: int) -> None:
    job = run(import_of(BAD), check_import)

    assert (job.state, counts(job), job.row_count) == ("checked", (7, 2, 0, 5), 0)
    assert held(table) == []
    assert errors(job) == FAILED
    assert SeenKey.objects.count() == 0
    assert ImportChecked(import_id=str(job.pk), name=job.name, rows=7, failed=5) in published()

    job = run(job)

    assert (job.state, counts(job)) == ("done", (7, 2, 0, 5))
    assert errors(job) == FAILED


@with_files
@pytest.mark.parametrize(
    ("mode", "rows", "found"),
    [
        ("insert", ["A Old", "B Beta", "C Gamma"], [(2, "ident", "A", "EXISTS")]),
        ("update", ["A Alpha", "C Gamma"], [(3, "ident", "B", "MISSING")]),
        ("upsert", ["A Alpha", "B Beta", "C Gamma"], []),
        ("replace", ["A Alpha", "B Beta"], []),
    ],
)
@pytest.mark.parametrize("first", [start_import, check_import])
def test_modes_say_what_becomes_of_rows_that_are_there(
    table: DataTable,
    piece_bytes: int,
    mode: str,
    rows: list[str],
    found: list[Any],
    first: Any,
) -> None:
    fill(table, ("A", "Old", 7, "DE", "x"), ("C", "Gamma", 3, "DE", "y"))
    before = held(table)

    job = run(import_of(HEADER + "A,Alpha,1,NL,a\nB,Beta,2,NL,b\n", mode=mode), first)
    if first is check_import:
        assert held(table) == before
        assert errors(job) == found
        job = run(job)

    assert job.state == "done"
    assert [f"{row[0]} {row[1]}" for row in held(table)] == rows
    assert errors(job) == found

    job = run(job, undo_import)

    assert (job.state, job.kept) == ("undone", 0)
    assert held(table) == before
    assert RowImage.objects.count() == 0


@with_files
@pytest.mark.parametrize(
    ("mode", "more", "refused", "removed"),
    [
        ("upsert", "A,Alpha,1,NL,\n", [(5, "ident", "A", "DUPLICATE")], 0),
        (
            "update",
            "A,Other,1,NL,\n",
            [(4, "ident", "C", "MISSING"), (5, "ident", "A", "DUPLICATE")],
            0,
        ),
        ("replace", "", [], 1),
    ],
)
def test_rows_that_are_there_as_they_come_are_counted_and_left_alone(
    table: DataTable, piece_bytes: int, mode: str, more: str, refused: list[Any], removed: int
) -> None:
    fill(
        table, ("A", "Alpha", 1, "NL", None), ("B", "Old", 2, "DE", "b"), ("Z", "Zeta", 9, "", "z")
    )
    before = held(table)
    same = model_of(table).objects.filter(c_ident="A").values()
    there = same.get()
    inserted = 0 if mode == "update" else 1
    source = HEADER + "A,Alpha,1,NL,\nB,Beta,2,NL,b\nC,Gamma,,,c\n" + more

    def expect(job: ImportJob) -> None:
        assert (job.inserted, job.updated, job.unchanged) == (inserted, 1, 1)
        assert errors(job) == refused
        assert same.get() == there
        assert SeenKey.objects.count() == 0

    expect(run(import_of(source, mode=mode), check_import))
    job = run(import_of(source, mode=mode), start_import)
    expect(job)
    assert (job.state, job.removed, RowImage.objects.count()) == ("done", removed, 1 + removed)
    assert [row[0] for row in held(table)] == [*"AB", *"C" * inserted, *"Z" * (1 - removed)]

    job = run(job, undo_import)

    assert (job.state, job.undone, job.kept) == ("undone", inserted + 1 + removed, 0)
    assert (held(table), same.get()) == (before, there)


def test_what_is_not_mapped_stays_as_it_is(table: DataTable) -> None:
    fill(table, ("A", "Old", 7, "DE", "x"))

    run(import_of("ident,name\nA,New\n", mode="upsert"))

    assert held(table) == [("A", "New", 7, "DE", "x")]


def test_what_somebody_changed_since_is_kept_and_counted(table: DataTable) -> None:
    fill(table, ("A", "Old", 7, "DE", "x"))
    job = run(import_of(HEADER + "A,Alpha,1,NL,a\nB,Beta,2,NL,b\nC,,,,\n", mode="upsert"))
    rows = model_of(table).objects
    rows.filter(c_ident__in=["A", "B"]).update(c_name="Mine", batch_id=None)

    job = run(job, undo_import)

    assert (job.state, job.undone, job.kept) == ("undone", 1, 2)
    assert [row[:2] for row in held(table)] == [("A", "Mine"), ("B", "Mine")]
    told = ImportUndone(import_id=str(job.pk), name=job.name, undone=1, kept=2)
    assert told in published()


@with_files
def test_all_or_nothing_brings_nothing_if_one_row_fails(table: DataTable, piece_bytes: int) -> None:
    job = run(import_of(BAD, policy="all_or_nothing"))

    assert (job.state, job.error_code) == ("failed", "IMPORTEXPORT_ROWS_REFUSED")
    assert held(table) == []
    assert errors(job) == FAILED


def test_all_or_nothing_brings_all_after_a_dry_run(table: DataTable, piece_bytes: int) -> None:
    job = run(import_of(GOOD, policy="all_or_nothing"))

    assert (job.state, len(held(table))) == ("done", 2)


def test_all_is_taken_back_if_a_row_fails_that_the_dry_run_passed(
    table: DataTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.importexport.services.import_work.piece_bytes", lambda: 20)
    job = run(import_of(GOOD, policy="all_or_nothing"), check_import)
    fill(table, ("B", "Somebody's", 1, "NL", None))

    job = run(job)

    assert (job.state, job.error_code) == ("failed", "IMPORTEXPORT_ROWS_REFUSED")
    assert [row[:2] for row in held(table)] == [("B", "Somebody's")]


@with_files
def test_an_import_ends_at_the_last_error_that_it_allows(
    table: DataTable, piece_bytes: int
) -> None:
    job = run(import_of(BAD, policy="stop_after", stop_after=3))

    assert (job.state, job.error_code) == ("failed", "IMPORTEXPORT_TOO_MANY_ERRORS")
    assert counts(job) == (4, 1, 0, 3)
    assert [row[0] for row in held(table)] == ["A"]
    assert errors(job) == FAILED[:3]
    with somebody(), pytest.raises(ConflictError, match="as many rows have failed"):
        resume_import(id=str(job.pk))


def test_a_piece_that_was_paused_is_not_written_and_it_goes_on_from_there(
    table: DataTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.importexport.services.import_work.piece_bytes", lambda: 20)
    job = import_of(GOOD)
    commit = committing.Committing.commit

    def pausing(self: Any, piece: Any) -> Any:
        done = commit(self, piece)
        ImportJob.objects.filter(pk=job.pk, state="running").update(state="paused")
        return done

    with monkeypatch.context() as patched:
        patched.setattr(committing.Committing, "commit", pausing)
        paused = run(job)
    assert (paused.state, counts(paused), len(held(table))) == ("paused", (1, 1, 0, 0), 1)

    job = run(paused, resume_import)

    assert (job.state, counts(job), len(held(table))) == ("done", (2, 2, 0, 0), 2)


def test_a_job_of_an_earlier_round_changes_nothing(table: DataTable) -> None:
    job = import_of(GOOD)
    with somebody():
        start_import(id=str(job.pk))
        pause_import(id=str(job.pk))
        resume_import(id=str(job.pk))
        cancel_import(id=str(job.pk))

    drain()

    job.refresh_from_db()
    assert (job.state, counts(job), held(table)) == ("cancelled", (0, 0, 0, 0), [])


def test_another_tenants_table_is_not_there(table: DataTable) -> None:
    with in_tenant(make_tenant().pk):
        job = import_of(GOOD)

        assert (job.state, job.error_code) == ("failed", "NOT_FOUND")
    assert held(table) == []


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"mapping": [{"field": "name", "source": "name"}]}, "nothing is mapped to ident, the key"),
        (
            {"mapping": [{"field": "ident", "source": "nowhere"}]},
            "ident: the file has no column 'nowhere'",
        ),
    ],
)
def test_a_plan_that_cannot_work_is_refused_before_a_row(
    table: DataTable, plan: dict[str, Any], message: str
) -> None:
    job = run(import_of(GOOD, **plan))

    assert (job.state, job.error_code) == ("failed", "IMPORTEXPORT_PLAN_REFUSED")
    assert job.error_message == message
    assert (held(table), FailedRows.objects.count()) == ([], 0)


def test_a_table_has_no_more_rows_than_it_may(
    table: DataTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.importexport.services.import_work.piece_bytes", lambda: 20)

    with said(TABLE_ROWS, value=1):
        job = run(import_of(GOOD))
        whole = run(import_of(GOOD.replace("A,", "C,"), policy="all_or_nothing"))

    assert (job.state, job.error_code, len(held(table))) == ("failed", "LIMIT_EXCEEDED", 1)
    assert (whole.state, whole.error_code) == ("failed", "LIMIT_EXCEEDED")
    assert [row[0] for row in held(table)] == ["A"]
    # It goes on where it ended, once there is room.
    assert (run(job, resume_import).state, len(held(table))) == ("done", 2)


@pytest.mark.parametrize("stop", [pause_import, cancel_import])
def test_one_that_is_stopped_after_its_last_row_is_not_done(
    table: DataTable, monkeypatch: pytest.MonkeyPatch, stop: Any
) -> None:
    job = import_of(GOOD)
    commit = committing.Committing.commit

    def stopping(self: Any, piece: Any) -> Any:
        done = commit(self, piece)
        stop(id=str(job.pk))
        return done

    monkeypatch.setattr(committing.Committing, "commit", stopping)
    stopped = run(job)

    assert stopped.state == {pause_import: "paused", cancel_import: "cancelled"}[stop]
    assert len(held(table)) == 2


def test_while_it_is_taken_back_its_progress_is_that_of_its_rows() -> None:
    job = ImportJob(inserted=3, updated=1, total_bytes=10, offset=10)

    told = []
    for state, undone in (("done", 0), ("undoing", 0), ("undoing", 3), ("undone", 4)):
        job.state, job.undone = ImportState(state), undone
        told.append(progress_of(job).fraction)

    assert told == [1.0, 0.0, 0.75, 1.0]
