"""Rows into a database outside, by processes that are killed: between its commit and ours too."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from kernel.testing.processes import environment_beside
from tests.importexport.crashing import points_at_random
from tests.importexport.outside import tables, told
from tests.nights import at_night

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.live,
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
]

PROGRAM = Path(__file__).with_name("external_crash_program.py")
COUNT, THERE = 400, 5
#: Before their commit, between theirs and ours, after ours; then the same of the undo.
POINTS = [
    f"importexport-{one}"
    for one in ("external-written:3", "applied:2", "applied:1", "external-written:1", "committed:2")
]
POINTS_UNDOING = [
    f"importexport-{one}" for one in ("external-undone:2", "batch-undone:2", "batch-undone:1")
]


def run(
    folder: Path, mode: str, before: list[str], after: list[str], **more: str
) -> dict[str, Any]:
    with tables() as owner:
        owner.execute(
            "INSERT INTO orders (id, name)"
            f" SELECT at, 'before' FROM generate_series(0, {COUNT - 1}, {THERE}) at"
        )
        environment = environment_beside(folder, LOG_LEVEL="ERROR", SERVICES="importexport,files")
        done = subprocess.run(
            [sys.executable, PROGRAM, mode, ",".join(before), ",".join(after)],
            cwd=settings.BASE_DIR,
            env=environment | {"EXTERNAL_DATABASES": json.dumps(told())} | more,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def assert_whole(shown: dict[str, Any], mode: str) -> None:
    """Every row is there once, and after the undo all is as before."""
    there = COUNT // THERE
    inserted, updated = COUNT - there, there if mode == "upsert" else 0
    imported, undone = shown["imported"], shown["undone"]
    assert imported == {
        "state": "done",
        "counts": [inserted, updated, 0, 0, 0],
        "ids": True,
        "rows": COUNT,
        "before": there - updated,
    }
    assert undone == {
        "state": "undone",
        "counts": [inserted, updated, 0, inserted + updated, 0],
        "ids": True,
        "rows": there,
        "before": there,
    }


@pytest.mark.parametrize("mode", ["insert", "upsert"])
def test_no_row_is_lost_or_doubled_by_a_kill_at_each_step(tmp_path: Path, mode: str) -> None:
    shown = run(tmp_path, mode, POINTS, POINTS_UNDOING)

    assert shown["killed"] == [True] * len(POINTS)
    assert shown["killed_undoing"] == [True] * len(POINTS_UNDOING)
    assert_whole(shown, mode)


def test_nor_where_our_own_database_is_sqlite(tmp_path: Path) -> None:
    own = f"sqlite:///{tmp_path}/own.sqlite3"

    shown = run(tmp_path, "insert", POINTS[:3], POINTS_UNDOING[:2], DATABASE_URL=own)

    assert (shown["killed"], shown["killed_undoing"]) == ([True] * 3, [True] * 2)
    assert_whole(shown, "insert")


@pytest.mark.parametrize("seed", [0, *at_night(*range(1, 20))])
def test_nor_by_kills_at_random(tmp_path: Path, seed: int) -> None:
    points = points_at_random(seed, 10)
    mode = ("insert", "upsert")[seed % 2]

    assert_whole(run(tmp_path, mode, points[:5], points[5:]), mode)
