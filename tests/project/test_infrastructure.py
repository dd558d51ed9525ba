"""`dev --split --infrastructure`: the seven processes on servers that are started for them."""

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
from django.core.management import CommandError, call_command

from kernel.testing.processes import running, wait_for_line
from project import infrastructure
from tests.gateway.stack import free_ports

ROOT = Path(settings.BASE_DIR)
TOLD = {
    "DATABASE_URL": "postgres://dev@127.0.0.1:25000/dev",
    "REDIS_URL": "redis://127.0.0.1:25001/0",
    "S3_ENDPOINT_URL": "http://127.0.0.1:25002",
    "CLAMD_HOST": "127.0.0.1",
    "CLAMD_PORT": "25003",
    "EMAIL_HOST": "127.0.0.1",
    "EMAIL_PORT": "25004",
    "PATH": "/bin",
}


def test_processes_reach_the_servers_by_a_role_that_owns_nothing() -> None:
    told = infrastructure.environment(TOLD)

    assert told["DATABASE_SYSTEM_URL"] == TOLD["DATABASE_URL"]
    assert told["DATABASE_URL"] == "postgres://septet_app:septet@127.0.0.1:25000/dev"
    assert told["CELERY_BROKER_URL"] == "redis://127.0.0.1:25001/1"
    assert told["CLAMD_ADDRESS"] == "127.0.0.1:25003"
    assert told["EMAIL_URL"] == "smtp://127.0.0.1:25004"
    assert told["PATH"] == "/bin"


def test_what_it_becomes_starts_the_servers_and_then_the_processes(tmp_path: Path) -> None:
    shown = tmp_path / "shown.py"
    shown.write_text("import os, sys; print(sys.argv[1:], os.environ['CLAMD_ADDRESS'])")
    *_, program, _ = infrastructure.command(["dev"])

    # What the servers' starter runs, in place of manage.py.
    done = subprocess.run(
        [sys.executable, infrastructure.__file__, str(shown), "dev", "--split"],
        env=TOLD,
        capture_output=True,
        text=True,
        check=True,
    )

    assert program == str(ROOT / "manage.py")
    assert done.stdout == "['dev', '--split'] 127.0.0.1:25003\n"


def test_servers_are_for_seven_processes() -> None:
    with pytest.raises(CommandError, match="goes with --split"):
        call_command("dev", "--infrastructure")


@pytest.mark.nightly
def test_the_seven_run_on_servers_of_their_own_and_end_with_them(tmp_path: Path) -> None:
    (first,) = free_ports(1)
    command = [sys.executable, "manage.py", "dev", "--split", "--infrastructure"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DATA_DIR": str(tmp_path)}
    with running([*command, "--first-port", str(first)], cwd=ROOT, env=environment) as process:
        lines = wait_for_line(process, "Septet is at")
        with urllib.request.urlopen(f"http://127.0.0.1:{first + 2}/health/ready") as answer:
            checks = json.load(answer)["checks"]
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=120)

    assert process.returncode == 128 + signal.SIGTERM
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", first + 2), timeout=5)
    assert {checks[name]["state"] for name in ("database", "redis", "kafka", "scanner")} == {"ok"}
    assert checks["jobs"]["detail"] == "in Celery workers"
    assert any(line.startswith("worker") for line in lines)
    assert "stopped" in rest
