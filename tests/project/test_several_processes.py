"""A server with three processes at one port: whichever is asked tells what all have counted."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

from kernel.testing.migrated import copy_migrated

pytestmark = pytest.mark.live

OPERATIONS = re.compile(r"^graphql_operation_seconds_count\{.*\} ([\d.]+)$", re.MULTILINE)


def test_no_operation_is_lost_or_counted_twice(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    counts = tmp_path / "counts"
    counts.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path),
        "PROMETHEUS_MULTIPROC_DIR": str(counts),
        "LOG_LEVEL": "WARNING",
    }
    copy_migrated(tmp_path / "septet.sqlite3")
    server = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "3"]
    more = ["--respawn-failed-workers", "--port", str(port), "project.wsgi:application"]

    with subprocess.Popen(
        [*server, *more],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # A group of its own: its processes go on without it, and hear no SIGTERM in time.
        start_new_session=True,
    ) as process:
        try:
            _count(process, port, counts)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _count(process: subprocess.Popen[bytes], port: int, counts: Path) -> None:
    while not answers(port, "/health/live") or len(of_processes(counts)) < 3:
        assert process.poll() is None
    before = told(port)
    sent = sum(answers(port, "/graphql") for _ in range(100))
    assert {told(port) for _ in range(10)} == {before + sent}

    killed = next(pid for pid in of_processes(counts) if pid != process.pid)
    os.kill(killed, signal.SIGKILL)
    while killed in of_processes(counts):
        told(port)
    sent += sum(answers(port, "/graphql") for _ in range(50))
    assert {told(port) for _ in range(10)} == {before + sent}
    assert sent > 100


def answers(port: int, path: str) -> bool:
    """Ask over a new connection, which any of the processes may take; say whether one answered."""
    body = json.dumps({"query": "{ __typename }"}).encode() if path == "/graphql" else None
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def told(port: int) -> float:
    """Return how many operations any of the processes knows of."""
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
                return sum(map(float, OPERATIONS.findall(answer.read().decode())))
        except OSError:
            continue


def of_processes(counts: Path) -> list[int]:
    """Return the numbers of the processes that have counted, but those that are put together."""
    numbers = [file.stem.rpartition("_")[2] for file in counts.glob("counter_*.db")]
    return [int(one) for one in numbers if one.isdecimal()]
