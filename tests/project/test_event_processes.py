"""`manage.py relay`, `consume` and `worker`: each begins, and ends well when told to."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

from kernel.testing.migrated import copy_migrated
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
    copy_migrated(tmp_path / "septet.sqlite3")

    with running([*manage, *command], cwd=ROOT, env=environment) as process:
        wait_for_line(process, says)
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=60)

    assert process.returncode == 0, rest
    assert "stopping: what has begun has 20 s to end\nstopped\n" in rest
    assert "ERROR" not in rest


@pytest.mark.live
def test_it_is_watched_at_its_own_port(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path),
        "PYTHONUNBUFFERED": "1",
        "OPERATIONS_PORT": str(free_port()),
    }
    manage = [sys.executable, "manage.py"]
    copy_migrated(tmp_path / "septet.sqlite3")

    with running([*manage, "worker"], cwd=ROOT, env=environment) as process:
        wait_for_line(process, rf"health and metrics at port {environment['OPERATIONS_PORT']}")
        url = f"http://127.0.0.1:{environment['OPERATIONS_PORT']}"
        with urllib.request.urlopen(f"{url}/health/ready", timeout=10) as answer:
            ready = json.load(answer)
        with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
            metrics = answer.read().decode()
        second = subprocess.run(
            [*manage, "relay"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert ready["checks"]["event threads"]["ok"]
    assert ready["checks"]["worker"]["ok"]
    assert 'events_group_lag_events{group="audit.trail"} 0.0' in metrics
    assert "events_relay_active" in metrics
    assert second.returncode == 1
    assert "set OPERATIONS_PORT to another" in second.stderr


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
