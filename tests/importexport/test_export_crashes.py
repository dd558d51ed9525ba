"""An export in processes that are killed one after the other: each row is there once."""

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

PROGRAM = Path(__file__).with_name("export_crash_program.py")
#: Each kills another process in the middle of the same export.
POINTS = (
    "importexport-rows-written:7",
    "importexport-part-saved:2",
    "importexport-written:1",
    "mesh-upload-started:1",
    "importexport-stored:2",
)
#: What there is then: two files, nothing beside them, and each event once.
WHOLE = {
    "state": "ready",
    "rows": 2_000,
    "whole": True,
    "files": ["tables.countries-001.csv", "tables.countries-002.csv"],
    "left": 0,
    "events": [f"importexport.export.{one}.v1" for one in ("created", "finished", "started")],
}


def run(folder: Path, *points: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, PROGRAM, *points],
        cwd=settings.BASE_DIR,
        env=environment_beside(folder, LOG_LEVEL="ERROR", SERVICES="importexport,files"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def test_an_export_survives_a_kill_at_each_step_and_has_each_row_once(tmp_path: Path) -> None:
    shown = run(tmp_path, *POINTS)

    assert shown.pop("killed") == [True] * len(POINTS)
    assert shown == WHOLE


@pytest.mark.parametrize("seed", [0, *at_night(*range(1, 20))])
def test_an_export_survives_kills_at_random(tmp_path: Path, seed: int) -> None:
    shown = run(tmp_path, *points_at_random(seed, 5))

    del shown["killed"]
    assert shown == WHOLE
