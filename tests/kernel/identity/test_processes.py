"""Keys where several processes share one database: closed everywhere soon, their uses noted."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kernel.services import BY_NAME
from kernel.testing.processes import running, wait_for_line

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.skipif(
    os.environ.get("SERVICES", "all") != "all", reason="runs where all seven are"
)

#: A key that was revoked opens nothing after this, at whichever process.
CLOSED_WITHIN_SECONDS = 5


@dataclass
class Pair:
    """Two servers on one data folder, and the command line beside them."""

    data: Path
    urls: list[str]
    servers: list[subprocess.Popen[str]]

    def manage(self, *command: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "manage.py", *command, "--json"],
            cwd=ROOT,
            env=environment(self.data),
            capture_output=True,
            text=True,
            check=True,
        )
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def ask(self, secret: str) -> list[int]:
        return [status(url, secret) for url in self.urls]


def environment(data: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {
        "DATA_DIR": str(data),
        "PORT": "0",
        "SERVICES": next(iter(BY_NAME)),
        "PYTHONUNBUFFERED": "1",
    }


def status(url: str, secret: str) -> int:
    request = urllib.request.Request(
        f"{url}/graphql",
        b'{"query": "{ __typename }"}',
        {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    data = tmp_path_factory.mktemp("pair")
    with ExitStack() as stack:
        servers, urls = [], []
        for command in ("dev", "serve"):
            process = stack.enter_context(
                running([sys.executable, "manage.py", command], cwd=ROOT, env=environment(data))
            )
            line = wait_for_line(process, r"http://\S+")[-1]
            servers.append(process)
            urls.append(re.search(r"http://\S+", line).group())  # type: ignore[union-attr]
        yield Pair(data, urls, servers)


def test_a_key_that_is_revoked_elsewhere_is_closed_within_five_seconds(pair: Pair) -> None:
    key = pair.manage("key", "issue", "--tenant", "demo")
    before = pair.ask(key["secret"])

    pair.manage("key", "revoke", key["id"])
    revoked = time.monotonic()
    seen = pair.ask(key["secret"])
    while seen != [401, 401] and time.monotonic() < revoked + 2 * CLOSED_WITHIN_SECONDS:
        time.sleep(0.05)
        seen = pair.ask(key["secret"])

    assert (before, seen) == ([200, 200], [401, 401])
    assert time.monotonic() - revoked < CLOSED_WITHIN_SECONDS


def test_both_secrets_of_a_key_rotated_elsewhere_open_during_the_overlap(pair: Pair) -> None:
    key = pair.manage("key", "issue", "--tenant", "demo")
    pair.ask(key["secret"])

    new = pair.manage("key", "rotate", key["id"])
    deadline = time.monotonic() + CLOSED_WITHIN_SECONDS
    while pair.ask(new["secret"]) != [200, 200] and time.monotonic() < deadline:
        time.sleep(0.05)

    assert pair.ask(new["secret"]) == [200, 200]
    assert pair.ask(key["secret"]) == [200, 200]


def test_a_server_that_stops_writes_down_the_last_uses_first(pair: Pair) -> None:
    key = pair.manage("key", "issue", "--tenant", "demo")
    assert key["last_used_at"] is None
    pair.ask(key["secret"])

    pair.servers[1].send_signal(signal.SIGTERM)
    assert pair.servers[1].wait(timeout=30) == 0

    assert pair.manage("key", "revoke", key["id"])["last_used_at"] is not None
