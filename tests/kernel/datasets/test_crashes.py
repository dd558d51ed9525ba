"""Processes that are killed in a batch or its undo: told again it is done, and done once."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from kernel.testing.processes import environment_beside

pytestmark = [
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("scheduler" not in settings.SERVICES, reason="its rows are schedules"),
]

ROOT = Path(settings.BASE_DIR)
PROGRAM = Path(__file__).with_name("program.py")


class Program:
    """Runs the program beside this test, to its end or to where it is killed."""

    def __init__(self, folder: Path) -> None:
        self._environment = environment_beside(folder, SERVICES="scheduler", LOG_LEVEL="WARNING")

    def __call__(self, verb: str, *, fault: str = "") -> Any:
        done = subprocess.run(
            [sys.executable, str(PROGRAM), verb],
            cwd=ROOT,
            env=self._environment | {"FAULT": fault},
            stdout=subprocess.PIPE,
            check=False,
        )
        if fault:
            assert done.returncode == -signal.SIGKILL
            return None
        return json.loads(done.stdout)


def test_a_batch_is_applied_and_undone_once_wherever_the_process_dies(tmp_path: Path) -> None:
    program = Program(tmp_path)
    program("prepare")
    _, events, _ = program("count")

    program("apply", fault="dataset-batch-written:1")
    assert program("count") == [0, events, 0]
    program("apply", fault="dataset-batch-applied:1")
    assert program("count") == [3, events + 3, 1]
    told = program("apply")
    assert [one["done"] for one in told] == ["inserted"] * 3
    assert program("count") == [3, events + 3, 1]

    program("undo", fault="dataset-batch-undone:1")
    assert program("count") == [3, events + 3, 1]
    assert program("undo") == program("undo") == {"undone": 3, "kept": []}
    assert program("count") == [0, events + 6, 1]
