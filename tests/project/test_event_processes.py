"""`manage.py relay`, `consume` and `worker`: each begins, and ends well when told to."""

import os
import signal
import sys
from pathlib import Path

import pytest
from django.conf import settings

from kernel.testing.processes import running, wait_for_line

ROOT = Path(settings.BASE_DIR)


@pytest.mark.live
@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["relay"], "relaying"),
        (["consume"], "consuming for all groups"),
        (["consume", "--group", "audit.trail"], r"consuming for audit\.trail"),
        (["worker"], "working with 2 threads"),
    ],
)
def test_it_begins_and_ends_well_when_told_to(
    command: list[str], says: str, tmp_path: Path
) -> None:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    manage = [sys.executable, "manage.py"]
    with running([*manage, "migrate", "-v0"], cwd=ROOT, env=environment) as migrating:
        assert migrating.wait(timeout=120) == 0

    with running([*manage, *command], cwd=ROOT, env=environment) as process:
        wait_for_line(process, says)
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=60)

    assert process.returncode == 0, rest
    assert "ERROR" not in rest
