"""What leaves comes back as it was: empty texts, no values, formulas, and names like formulas."""

from typing import Any

import pytest

from apps.importexport.models import DataTable, ImportJob
from apps.importexport.models.rows import model_of
from apps.importexport.services.repairing import repair_rows
from kernel.mesh.fetching import fetched
from kernel.testing.jobs import drain
from tests.importexport.exporting import contents, exported
from tests.importexport.importing import (
    FIELDS,
    airports,
    fill,
    held,
    import_of,
    run,
    somebody,
    with_files,
)

pytestmark = [pytest.mark.usefixtures("tenant"), with_files]

ROWS: list[tuple[Any, ...]] = [
    ("A", "", 1, "NL", None),
    ("B", None, None, None, ""),
    ("C", "=1+1", -1, "NL", "'=x"),
    ("D", '"",', 0, "NL", '""'),
    ("E", 'two\nlines, "and" more', None, "NL", "-5"),
]
#: As a spreadsheet saves names that it shows as `=ident` and `@name`.
HEADER = "'=ident,'@name,elevation,country,gps\n"
MAPPING = [
    {"field": field, "source": source}
    for field, source in zip(
        FIELDS, ("=ident", "@name", "elevation", "country", "gps"), strict=True
    )
]


@pytest.fixture
def table() -> DataTable:
    return airports("NL")


def errors_of(job: ImportJob) -> bytes:
    with somebody(), fetched(str(job.errors_id), most_bytes=1_000_000) as file:
        return b"".join(file.chunks)


@pytest.mark.parametrize("format_", ["csv", "tsv", "jsonl", "parquet"])
def test_an_export_comes_back_identical(table: DataTable, format_: str) -> None:
    fill(table, *ROWS)
    (content,) = contents(exported(dataset="tables.airports", format=format_))
    model_of(table).objects.all().delete()
    fill(table, ("A", "other", 9, None, None), ("F", "gone", 1, "NL", "f"))

    job = run(import_of(content, name=f"airports.{format_}", form=format_, mode="replace"))

    assert (job.state, job.failed, job.removed) == ("done", 0, 1)
    assert held(table) == ROWS


def test_rows_that_failed_keep_empty_texts_and_names_like_formulas(table: DataTable) -> None:
    source = HEADER + 'A,"",x,NL,\nB,,x,NL,""\n'
    job = run(import_of(source, mapping=MAPPING))
    assert job.failed == 2

    file = errors_of(job)
    mended = run(import_of(file.replace(b",x,NL", b",1,NL"), mapping=MAPPING))

    header = b"import_line,import_column,import_value,import_code,import_message,"
    assert file.startswith(header + HEADER.strip().encode() + b"\r\n")
    assert (mended.state, mended.failed) == ("done", 0)
    assert held(table) == [("A", "", 1, "NL", None), ("B", None, 1, "NL", "")]


def test_rows_that_are_mended_in_place_keep_them_too(table: DataTable) -> None:
    job = run(import_of(HEADER + 'A,"",x,NL,\nB,,x,NL,""\n', mapping=MAPPING))
    values = {"elevation": "1", "@name": ""}

    with somebody():
        made = repair_rows(
            id=str(job.pk), rows=[{"position": at, "values": values} for at in (1, 2)]
        )
    drain()
    run(ImportJob.objects.get(pk=made.pk))

    assert held(table) == [("A", "", 1, "NL", None), ("B", None, 1, "NL", "")]


def test_names_are_shown_as_they_were_before_a_spreadsheet_guarded_them(table: DataTable) -> None:
    job = import_of(HEADER + "A,'=x,1,NL,\n", mapping=MAPPING)

    assert job.preview["columns"][:2] == ["=ident", "@name"]
    assert job.preview["rows"] == [["A", "=x", "1", "NL", ""]]
