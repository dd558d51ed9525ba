"""An export in processes that are killed one after the other: each row is there once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from kernel.testing.processes import environment_beside

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


def test_an_export_survives_a_kill_at_each_step_and_has_each_row_once(tmp_path: Path) -> None:
    environment = environment_beside(tmp_path, LOG_LEVEL="ERROR", SERVICES="importexport,files")

    done = subprocess.run(
        [sys.executable, PROGRAM, *POINTS],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)

    assert shown == {
        "killed": [True] * len(POINTS),
        "state": "ready",
        "rows": 2_000,
        "whole": True,
        "files": [
            "tables.countries-001.csv",
            "tables.countries-002.csv",
        ],
        "left": 0,
        "events": [
            "importexport.export.created.v1",
            "importexport.export.finished.v1",
            "importexport.export.started.v1",
        ],
    }
