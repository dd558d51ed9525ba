"""An import in processes that are killed one after the other: each row is brought once, or not."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from kernel.testing.processes import environment_beside
from tests.importexport.crashing import points_at_random
from tests.nights import at_night

pytestmark = [
    pytest.mark.live,
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
]

PROGRAM = Path(__file__).with_name("crash_program.py")
COUNT, BAD, THERE, SAME = 400, 10, 5, 15
#: Of the import, then of its undo.
POINTS = (
    ",".join(
        f"importexport-{one}"
        for one in (
            *("staged:2", "copied:3", "before-commit:2", "committed:3"),
            *("errors-written:1", "errors-stored:1"),
        )
    ),
    "importexport-some-undone:2,importexport-some-undone:3",
)


def at_random(seed: int) -> tuple[str, str]:
    """Return five times at which an import is killed, and five at which its undo is."""
    made = points_at_random(seed, 10)
    return ",".join(made[:5]), ",".join(made[5:])


def run(folder: Path, before: str, after: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, PROGRAM, before, after],
        cwd=settings.BASE_DIR,
        env=environment_beside(folder, LOG_LEVEL="ERROR", SERVICES="importexport,files"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def assert_whole(shown: dict[str, Any]) -> None:
    """Every row is there once, and after the undo all is as before."""
    bad = set(range(0, COUNT, BAD))
    there, same = set(range(1, COUNT, THERE)), set(range(1, COUNT, SAME))
    updated, inserted = there - same, set(range(COUNT)) - bad - there
    imported, undone = shown["imported"], shown["undone"]
    counts = [COUNT, len(inserted), len(updated), len(bad)]
    assert (imported["state"], imported["counts"]) == ("done", [*counts, 0, 0])
    assert imported["rows"] == len(inserted) + len(there) + 1
    assert imported["mine"] == len(inserted) + len(updated)
    assert (imported["unchanged"], imported["before"], imported["seen"]) == (len(same), 0, 0)
    assert imported["images"] == len(updated)
    assert imported["errors"] == [f"K{at:05}" for at in sorted(bad)]
    assert (undone["state"], undone["counts"][4:]) == ("undone", [len(inserted) + len(updated), 0])
    assert undone["rows"] == len(there) + 1
    assert (undone["mine"], undone["images"], undone["before"]) == (0, 0, len(updated))


def test_an_import_survives_a_kill_at_each_step(tmp_path: Path) -> None:
    shown = run(tmp_path, *POINTS)

    assert shown["killed"] == [True] * 6
    assert shown["killed_undoing"] == [True] * 2
    assert_whole(shown)


@pytest.mark.parametrize("seed", [0, *at_night(*range(1, 20))])
def test_an_import_survives_kills_at_random(tmp_path: Path, seed: int) -> None:
    assert_whole(run(tmp_path, *at_random(seed)))
