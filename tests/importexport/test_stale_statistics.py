"""A table that the planner takes for empty: each row of a piece is looked up once all the same."""

import pytest
from django.db import connection

from apps.importexport.models import DataTable
from apps.importexport.models.rows import model_of, physical_name
from apps.importexport.selectors.tables import table_named
from apps.importexport.services.controlling import undo_import
from apps.importexport.services.staging.dialects import FOUND, STAGED
from tests.importexport.importing import HEADER, MAPPING, airports, fill, import_of, run

pytestmark = [
    pytest.mark.usefixtures("tenant"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="plans of PostgreSQL"),
]

ROWS = 1_000
#: Of each piece its tables are read some times, never once for each row.
SOME_TIMES = 20


def taken_for_empty(table: DataTable) -> None:
    """Let the planner believe that a table has pages and no row, as after an undo."""
    rows = model_of(table).objects
    fill(table, *((f"K{at}", None, None, None, None) for at in range(ROWS)))
    rows.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(f'ANALYZE "{physical_name(table)}"')


def rows_read(*tables: str) -> int:
    """Return how many rows of these tables were read, by any way, in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)"
            " FROM pg_stat_xact_all_tables WHERE relname = ANY(%s)",
            [list(tables)],
        )
        (found,) = cursor.fetchone()
    return int(found)


def source(name: str) -> str:
    rows = (f"K{at},{name},{at},NL,G{at}\n" for at in range(ROWS))
    return HEADER + "".join(rows)


def test_rows_that_are_there_are_found_one_by_one_and_restored_so() -> None:
    table = airports("NL")
    taken_for_empty(table)
    fill(table, *((f"K{at}", "Before", 1, "NL", f"G{at}") for at in range(ROWS)))
    before = rows_read(physical_name(table))

    job = run(import_of(source("After"), mode="upsert", mapping=MAPPING))

    assert (job.updated, job.failed) == (ROWS, 0)
    assert rows_read(STAGED, FOUND) < SOME_TIMES * ROWS
    assert rows_read(physical_name(table)) - before < SOME_TIMES * ROWS
    before = rows_read(physical_name(table), "importexport_rowimage")

    job = run(job, undo_import)

    assert job.undone == ROWS
    read = rows_read(physical_name(table), "importexport_rowimage") - before
    assert read < SOME_TIMES * ROWS


def test_values_of_relations_that_lead_nowhere_are_found_one_by_one() -> None:
    airports()
    countries = table_named("countries")
    model = model_of(countries)
    for _ in range(2):
        model.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f'ANALYZE "{physical_name(countries)}"')
        model.objects.bulk_create(model(c_code=f"N{at}") for at in range(ROWS))
    rows = "".join(f"K{at},,,L{at},\n" for at in range(ROWS))
    before = rows_read(physical_name(countries))

    job = run(import_of(HEADER + rows, mode="insert", mapping=MAPPING))

    assert (job.inserted, job.failed) == (0, ROWS)
    assert rows_read(physical_name(countries)) - before < SOME_TIMES * ROWS
    assert rows_read(STAGED) < SOME_TIMES * ROWS
