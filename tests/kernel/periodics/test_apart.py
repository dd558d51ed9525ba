"""Two real processes: one shows what the other does by itself, and that it is away."""

import json
import os
import re
import signal
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from kernel.services import BY_NAME
from kernel.testing.processes import running, wait_for_line
from tests.gateway.stack import free_ports

ROOT = Path(settings.BASE_DIR)
OTHER = "audit"
PATIENCE_SECONDS = 60

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(set(settings.SERVICES) != set(BY_NAME), reason="runs where all are"),
]

QUESTION = "{ systemSchedules { service problem schedules { name late lastRun { state } } } }"


def ask(port: int, key: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/scheduler/graphql",
        json.dumps({"query": QUESTION}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        told = json.load(response)["data"]["systemSchedules"]
    return {one["service"]: one for one in told}


def until(seen: Callable[[dict[str, Any]], bool], port: int, key: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not seen(told := ask(port, key)):
        assert time.monotonic() < deadline, told
        time.sleep(0.5)
    return told


def test_what_another_process_does_is_shown_and_that_it_is_away(tmp_path: Path) -> None:
    ports = dict(zip(("scheduler", OTHER), free_ports(2), strict=True))
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path),
        "PYTHONUNBUFFERED": "1",
        "LOG_LEVEL": "WARNING",
        "SERVICE_URLS": ",".join(f"{n}=http://127.0.0.1:{port}" for n, port in ports.items()),
    }
    with ExitStack() as stack:

        def start(service: str, command: str, line: str) -> tuple[Any, str]:
            process = stack.enter_context(
                running(
                    [sys.executable, "manage.py", command],
                    cwd=ROOT,
                    env=environment | {"SERVICES": service, "PORT": str(ports[service])},
                )
            )
            return process, "".join(wait_for_line(process, line))

        # The first start makes the demo tenant and its key, and does the work of its service.
        other, said = start(OTHER, "dev", r"Septet is at ")
        key = re.findall(r"septet_\w+", said)[0]
        # One database for both, and the tables of the other service are made by its own start.
        start("scheduler", "dev", r"Septet is at ")

        def sealed(told: dict[str, Any]) -> bool:
            runs = {one["name"]: one["lastRun"] for one in told[OTHER]["schedules"]}
            return bool(runs) and (runs["audit.seal"] or {}).get("state") == "DONE"

        there = until(sealed, ports["scheduler"], key)
        other.send_signal(signal.SIGINT)
        other.wait(timeout=30)
        away = ask(ports["scheduler"], key)

    assert [there[name]["problem"] for name in ports] == ["", ""]
    assert "scheduler.fire_due" in {one["name"] for one in there["scheduler"]["schedules"]}
    assert "files gives no answer" in there["files"]["problem"]
    assert away[OTHER]["schedules"] == []
    assert "audit gives no answer" in away[OTHER]["problem"]
    assert away["scheduler"]["problem"] == ""
