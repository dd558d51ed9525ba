"""With a broker no process that serves does a job; Celery workers do, however they are started."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from kernel.testing.embedded import embedded
from kernel.testing.migrated import copy_migrated
from kernel.testing.processes import running, wait_for_line

pytestmark = pytest.mark.live

ROOT = Path(settings.BASE_DIR)
MANAGE = [sys.executable, "manage.py"]
CELERY = [sys.executable, "-m", "celery", "-A", "project"]
ENQUEUE = "from kernel.jobs.services import enqueue; enqueue('kernel.clear_drafts')"


@pytest.fixture
def environment(tmp_path: Path, broker_url: str) -> dict[str, str]:
    """What processes beside the platform are given."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
        "DATA_DIR": str(tmp_path),
        "CELERY_BROKER_URL": broker_url,
    }


def done(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MANAGE, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def jobs(folder: Path, column: str) -> set[str]:
    """Return what a column holds for the jobs that were enqueued by hand."""
    with sqlite3.connect(folder / "septet.sqlite3") as rows:
        found = rows.execute(
            f"SELECT {column} FROM jobs_job WHERE name = 'kernel.clear_drafts' AND key IS NULL"
        )
        return {value for (value,) in found}


@contextmanager
def worker(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A Celery worker that is ready, and ends well when told to."""
    with running(command, cwd=ROOT, env=environment) as process:
        wait_for_line(process, "celery@.* ready")
        yield process
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=60)
        assert process.returncode == 0, rest
        assert "ERROR" not in rest


@pytest.mark.parametrize(
    "command",
    [
        [*MANAGE, "worker"],
        pytest.param([*MANAGE, "worker", "--queue", "kernel"], marks=pytest.mark.nightly),
        pytest.param([*CELERY, "worker"], marks=pytest.mark.nightly),
        [*CELERY, "worker", "-Q", "kernel"],
    ],
    ids=lambda command: " ".join(command[1:]),
)
def test_jobs_are_done_by_workers_and_not_by_the_web(
    command: list[str], environment: dict[str, str], tmp_path: Path, broker_url: str
) -> None:
    with embedded(tmp_path, {"CELERY_BROKER_URL": broker_url}) as platform:
        with urllib.request.urlopen(f"{platform.url}/health/ready", timeout=10) as answer:
            checks = json.load(answer)["checks"]
        done(environment, "shell", "-v0", "-c", ENQUEUE).check_returncode()

        # Nobody took it, and nobody can: the web has no worker.
        assert "worker" not in checks
        assert checks["jobs"] == {"ok": True, "state": "ok", "detail": "in Celery workers"}
        assert jobs(tmp_path, "state") == {"queued"}
        with worker(command, environment) as process:
            while jobs(tmp_path, "state") != {"done"}:
                assert process.poll() is None
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()

    (name,) = jobs(tmp_path, "worker")
    assert name.split(":")[1] in children.split()


def test_a_worker_tells_probes_and_scrapes_how_it_is(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    copy_migrated(tmp_path / "septet.sqlite3")
    done(environment, "shell", "-v0", "-c", ENQUEUE).check_returncode()
    watched = environment | {
        "OPERATIONS_PORT": str(port),
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
    }

    def asked(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return str(answer.read(), "utf-8")

    with worker([*CELERY, "worker"], watched) as process:
        while jobs(tmp_path, "state") != {"done"}:
            assert process.poll() is None
        ready = json.loads(asked("/health/ready"))
        metrics = asked("/metrics")

    assert ready["status"] == "ready"
    assert ready["checks"]["sweeper"] == {"ok": True, "state": "ok", "detail": "here"}
    # Counted by a process of the pool, told by the one that has the port.
    assert 'jobs_attempts_total{outcome="done",queue="kernel"}' in metrics


def test_a_worker_for_a_queue_that_does_not_exist_does_not_start(
    environment: dict[str, str],
) -> None:
    for command in ([*CELERY, "worker", "-Q", "filse"], [*MANAGE, "worker", "--queue", "filse"]):
        started = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

        assert started.returncode != 0
        assert "filse" in started.stderr


def test_the_doctor_asks_the_broker(environment: dict[str, str], tmp_path: Path) -> None:
    copy_migrated(tmp_path / "septet.sqlite3")
    away = environment | {"CELERY_BROKER_URL": "redis://127.0.0.1:1/0"}

    told = [done(given, "doctor").stdout for given in (environment, away)]

    assert re.search(r"ok +broker +answers: jobs run in Celery workers", told[0])
    assert re.search(r"repair broker +.*does not answer \(\w+\).*docs/runbooks/celery\.md", told[1])
