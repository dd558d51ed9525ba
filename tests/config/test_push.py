"""Changes of flags and settings as other processes see them, over each carrier of hints."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from kernel.testing.processes import environment_beside
from tests.config.pushing import (
    ROOT,
    changer,
    counted,
    follower,
    prepared,
    seen_elsewhere,
)
from tests.config.test_idempotency_processes import served
from tests.devservices.fixtures import Servers, own_servers

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

CHANGES = 10
#: A share of the thousand, which `EDITS=1000` runs whole.
EDITS = int(os.environ.get("EDITS", "200"))
PROCESSES = 4
STALE = "X-Septet-Stale-Since"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return environment_beside(
        tmp_path, SERVICES="config", PORT="0", LOG_LEVEL="WARNING", PYTHONUNBUFFERED="1"
    )


@pytest.fixture(scope="module")
def own_postgres(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None
) -> Iterator[tuple[Servers, dict[str, str]]]:
    """Servers that a test may kill, with the tables of config in their PostgreSQL."""
    with own_servers() as servers:
        environment = environment_beside(
            tmp_path_factory.mktemp("own"),
            SERVICES="config",
            PORT="0",
            LOG_LEVEL="ERROR",
            PYTHONUNBUFFERED="1",
            DATABASE_URL=servers.up("postgres")["DATABASE_URL"],
        )
        migrate = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        yield servers, environment


def waits_of(environment: dict[str, str]) -> dict[str, list[float]]:
    known = json.loads(prepared(environment))
    with served(environment) as (port, _):
        return seen_elsewhere(environment, known, port, CHANGES)


def test_a_change_is_seen_in_other_processes(environment: dict[str, str]) -> None:
    waits = waits_of({**environment, "ONLY_HINTS": "1"})

    # How soon on a machine that does nothing else: bench/bench_push.py.
    assert {what: len(found) for what, found in waits.items()} == dict.fromkeys(waits, CHANGES)
    assert max(map(median, waits.values())) < 1


def test_a_change_is_seen_by_redis(environment: dict[str, str], servers: Any) -> None:
    url = servers.up("redis")["REDIS_URL"]
    waits = waits_of({**environment, "ONLY_HINTS": "1", "REDIS_URL": url})

    assert {what: len(found) for what, found in waits.items()} == dict.fromkeys(waits, CHANGES)
    assert max(map(median, waits.values())) < 1


def test_without_its_carrier_a_change_is_seen_by_looking_and_by_it_once_it_is_back(
    environment: dict[str, str], servers: Any
) -> None:
    environment = {**environment, "REDIS_URL": servers.up("redis")["REDIS_URL"]}
    known = json.loads(prepared(environment))
    with (
        follower(environment, known["tenant"]) as seen,
        changer(environment, known["tenant"]) as change,
    ):

        def took(value: str) -> float:
            committed = change.says("flag", value)
            return seen.when("flag", value) - committed

        took("on")
        servers.do("kill", "redis")
        away = took("off")
        servers.do("start", "redis")
        # Who was cut off comes again within two seconds.
        back = min(took(("on", "off")[number % 2]) for number in range(8))

    assert away < 10
    assert back < 0.5


def test_behind_a_pooler_a_change_is_seen_by_looking_and_at_once_by_a_direct_connection(
    own_postgres: tuple[Servers, dict[str, str]],
) -> None:
    servers, environment = own_postgres
    direct, pooled = environment["DATABASE_URL"], servers.up("pgbouncer")["PGBOUNCER_URL"]
    environment = {**environment, "DATABASE_URL": pooled, "DATABASE_PREPARES": "false"}
    known = json.loads(prepared(environment))

    def took(**follows: str) -> float:
        with (
            follower({**environment, **follows}, known["tenant"]) as seen,
            changer(environment, known["tenant"]) as change,
        ):
            waits = []
            for value in ("on", "off"):
                committed = change.says("flag", value)
                waits.append(seen.when("flag", value) - committed)
            return min(waits)

    # The pooler takes LISTEN, and delivers nothing.
    assert took() < 10
    assert took(DATABASE_SYSTEM_URL=direct, ONLY_HINTS="1") < 1


def test_of_many_edits_at_once_none_is_lost(environment: dict[str, str]) -> None:
    known = json.loads(prepared(environment))

    conflicts, value, version = counted(environment, known["tenant"], PROCESSES, EDITS // PROCESSES)

    assert (value, version) == (EDITS, EDITS + 1)
    assert conflicts > 0


def test_while_the_database_is_gone_the_last_good_flags_are_served_and_say_so(
    own_postgres: tuple[Servers, dict[str, str]],
) -> None:
    servers, environment = own_postgres
    known = json.loads(prepared(environment))
    with served(environment) as (port, _):
        assert asked(port, known["key"]) == (200, "off", False)
        servers.do("kill", "postgres")
        time.sleep(3)
        away = [asked(port, known["key"]) for _ in range(5)]
        servers.do("start", "postgres")
        back = _eventually(lambda: asked(port, known["key"]), (200, "off", False))
        with changer(environment, known["tenant"]) as change:
            change.says("flag", "on")
        seen = _eventually(lambda: asked(port, known["key"]), (200, "on", False))

    assert away == [(200, "off", True)] * 5
    assert (back, seen) == ((200, "off", False), (200, "on", False))


def asked(port: int, key: str) -> tuple[int, str, bool]:
    """Return the status, the variant, and whether it is said to be stale."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as client:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        client.request("POST", "/ofrep/v1/evaluate/flags/pushed", "{}", headers)
        response = client.getresponse()
        answer = json.loads(response.read())
        return response.status, answer.get("variant", ""), STALE in response.headers


def _eventually(ask: Callable[[], Any], wanted: Any) -> Any:
    until = time.monotonic() + 30
    while (found := ask()) != wanted and time.monotonic() < until:
        time.sleep(0.1)
    return found
