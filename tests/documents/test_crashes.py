"""A batch in processes that are killed one after the other: each document is made once."""

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

PROGRAM = Path(__file__).with_name("crash_program.py")
COUNT = 200
#: Each kills another process in the middle of the same batch.
POINTS = (
    "documents-items-read:3",
    "documents-item-made:60",
    "documents-joined:1",
    "mesh-upload-started:1",
    "documents-stored:1",
)


def test_a_batch_survives_a_kill_at_each_step_and_has_each_document_once(tmp_path: Path) -> None:
    environment = environment_beside(tmp_path, LOG_LEVEL="ERROR", SERVICES="documents,files")

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

    assert shown["killed"] == [True] * len(POINTS)
    assert (shown["state"], shown["counts"]) == ("ready", [COUNT + 1, COUNT, 1])
    assert shown["items"] == COUNT + 1
    names = [f"{at:03} Letter {at}.csv" for at in range(1, COUNT + 1)]
    assert shown["names"] == [*names, "failed.csv"]
    assert shown["files"] == ["May.zip"]
    assert shown["events"] == ["documents.batch.created.v1", "documents.batch.finished.v1"]
