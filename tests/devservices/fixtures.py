"""Real servers for tests: started when a test asks, gone with the session however it ends."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from django.conf import settings

PROGRAM = Path(__file__).with_name("devservices")
UNAVAILABLE = 3

# Lives as long as the pipe from us, which closes even when this session is killed.
HOLD = "import os, sys; print(os.environ['DEVSERVICES_HOME'], flush=True); sys.stdin.read()"


class Servers:
    """The servers that one folder holds; see README.md for their names and variables."""

    def __init__(self, home: str) -> None:
        self._home = home

    def up(self, *names: str) -> dict[str, str]:
        """Start the named servers if they are down, and return the variables of all that are up.

        Skips the test, with the reason, when a program is missing here.
        """
        done = self._run("up", *names)
        if done.returncode == UNAVAILABLE:
            pytest.skip(done.stderr.strip())
        assert done.returncode == 0, done.stderr
        variables: dict[str, str] = json.loads(self._run("env", "--format", "json").stdout)
        return variables

    def do(self, verb: str, *names: str) -> None:
        """Do `kill`, `start`, `pause`, `resume` or `stop` to servers or single processes."""
        done = self._run(verb, *names)
        assert done.returncode == 0, done.stderr

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, PROGRAM, *arguments],
            env={**os.environ, "DEVSERVICES_HOME": self._home},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


@contextmanager
def own_servers() -> Iterator[Servers]:
    """Servers in a folder of their own, which end with this block or with this process."""
    # Not those of a surrounding `devservices run`: a test may kill what it has started.
    outside = {name: value for name, value in os.environ.items() if name != "DEVSERVICES_HOME"}
    with subprocess.Popen(
        [sys.executable, PROGRAM, "run", "--", sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=outside,
        text=True,
    ) as holder:
        assert holder.stdout
        yield Servers(holder.stdout.readline().strip())


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Servers for the tests of this session."""
    with own_servers() as started:
        yield started


@pytest.fixture(scope="session")
def postgres_url(servers: Servers) -> str:
    """The URL of a PostgreSQL database that these tests share; it is not Django's."""
    return servers.up("postgres")["DATABASE_URL"]


@pytest.fixture
def broker_url(servers: Servers) -> str:
    """An empty Redis."""
    url = servers.up("redis")["REDIS_URL"]
    with redis.Redis.from_url(url) as client:
        client.flushall()
    return url


@pytest.fixture
def kafka(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A real Kafka, in which this test has topics and groups of its own; its variables."""
    variables = servers.up("kafka")
    where = variables["KAFKA_BOOTSTRAP_SERVERS"]
    monkeypatch.setattr(settings, "KAFKA_BOOTSTRAP_SERVERS", (where,))
    monkeypatch.setattr(settings, "KAFKA_PREFIX", f"t{secrets.token_hex(4)}-")
    monkeypatch.setattr(settings, "KAFKA_PARTITIONS", 3)
    return variables
