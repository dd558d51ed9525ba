"""Imports beside a model of what they promise, row after row in plain Python, on either database.

So both databases bring the same rows and name the same errors, however a source is cut.
"""

import random
from typing import Any

import pytest

from apps.importexport.domain.checking.row_by_row import row_by_row
from apps.importexport.domain.checking.vectorised import vectorised
from apps.importexport.models import DataTable, ImportJob, RowError
from apps.importexport.services.controlling import undo_import
from apps.importexport.services.imports import check_import
from tests.importexport.importing import (
    HEADER,
    MAPPING,
    airports,
    fill,
    held,
    import_of,
    run,
    with_files,
)
from tests.nights import at_night

pytestmark = [pytest.mark.usefixtures("tenant"), with_files]

COUNTRIES = ("NL", "DE")
Row = tuple[Any, ...]


def sources(dice: random.Random) -> tuple[list[Row], list[list[str]], str]:
    """Return rows that are there, those that come, and the mode."""
    mode = dice.choice(["insert", "update", "upsert"])
    keys = [f"K{number}" for number in range(8)]
    there = [
        (key, "old", 1, dice.choice(COUNTRIES), f"t{key}")
        for key in dice.sample(keys, dice.randint(0, 5))
    ]
    # Whether a value is free that an update of the same source frees depends on the pieces.
    gps = [f"g{number}" for number in range(8)] + ["tK1", "tK2"] * (mode == "insert")
    rows = [
        [
            dice.choice(["", *keys, *keys]),
            dice.choice(["a", "b, c", 'd "e"', "two\nlines"]),
            dice.choice(["1", "2", "x", "99999", ""]),
            dice.choice(["NL", "DE", "XX", ""]),
            dice.choice(["", "", *gps]),
        ]
        for _ in range(dice.randint(0, 14))
    ]
    return there, rows, mode


def written(rows: list[list[str]]) -> str:
    # What is not there is not quoted: two quotes are an empty text.
    quoted = (
        ",".join('"' + cell.replace('"', '""') + '"' if cell else "" for cell in row)
        for row in rows
    )
    return HEADER + "".join(f"{line}\n" for line in quoted)


def expected(there: list[Row], rows: list[list[str]], mode: str) -> tuple[list[Row], list[Any]]:
    """Return what the table holds in the end, and which rows failed with which codes."""
    table = {row[0]: row for row in there}
    brought: set[str] = set()
    failed = []
    for position, row in enumerate(rows, 1):
        codes = _by_itself(row)
        if not codes:
            codes = _beside(row, table, brought, mode)
        if codes:
            failed.append((position, codes))
            continue
        table[row[0]] = (
            row[0],
            row[1],
            int(row[2]) if row[2] else None,
            row[3] or None,
            row[4] or None,
        )
        brought.add(row[0])
    return [table[key] for key in sorted(table)], failed


def _by_itself(row: list[str]) -> list[str]:
    codes = [] if row[0] else ["REQUIRED"]
    if row[2] == "x":
        codes.append("NOT_AN_INTEGER")
    if row[2] == "99999":
        codes.append("OUT_OF_RANGE")
    return codes


def _beside(row: list[str], table: dict[str, Row], brought: set[str], mode: str) -> list[str]:
    if row[3] and row[3] not in COUNTRIES:
        return ["NO_SUCH_ROW"]
    if row[0] in brought:
        return ["DUPLICATE"]
    if mode == "insert" and row[0] in table:
        return ["EXISTS"]
    if mode == "update" and row[0] not in table:
        return ["MISSING"]
    if row[4] and any(one[4] == row[4] and key != row[0] for key, one in table.items()):
        return ["NOT_UNIQUE"]
    return []


def failures(job: ImportJob) -> list[Any]:
    found: dict[int, list[str]] = {}
    for error in RowError.objects.filter(import_id=job.pk).order_by("position", "id"):
        found.setdefault(error.position, []).append(error.code)
    return sorted(found.items())


def as_held(table: DataTable) -> list[Row]:
    return [tuple(row) for row in held(table)]


@pytest.mark.parametrize("checker", [row_by_row, vectorised])
@pytest.mark.parametrize("size", [30, 2_000_000])
@pytest.mark.parametrize("seed", [1, 2, 3, *at_night(*range(4, 200))])
def test_what_is_brought_is_what_a_model_says(
    seed: int, size: int, checker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.importexport.services.import_work.piece_bytes", lambda: size)
    monkeypatch.setattr("apps.importexport.services.import_work.row_by_row", checker)
    monkeypatch.setattr("apps.importexport.services.import_work.vectorised", checker)
    there, rows, mode = sources(random.Random(seed))
    table = airports(*COUNTRIES)
    fill(table, *there)
    before = as_held(table)
    wanted, failed = expected(there, rows, mode)

    job = run(import_of(written(rows), mode=mode, mapping=MAPPING), check_import)
    assert (failures(job), as_held(table)) == (failed, before)

    job = run(job)
    assert job.state == "done"
    assert (failures(job), as_held(table)) == (failed, wanted)

    job = run(job, undo_import)
    assert (as_held(table), job.kept) == (before, 0)
