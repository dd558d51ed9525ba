"""Idempotency keys over real processes, which are killed: one effect a key, or none and no key."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from django.conf import settings

from kernel.testing.processes import environment_beside, running, wait_for_line

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

ROOT = Path(settings.BASE_DIR)
PROGRAM = Path(__file__).with_name("idempotency_program.py")
CREATE = """
mutation($input: CreateFeatureFlagInput!) {
  createFeatureFlag(input: $input) { featureFlag { id } error { code } } }
"""

Program = Callable[..., str]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a process beside the test is given."""
    return environment_beside(
        tmp_path, SERVICES="config", PORT="0", LOG_LEVEL="WARNING", PYTHONUNBUFFERED="1"
    )


@pytest.fixture
def program(environment: dict[str, str]) -> Program:
    """Run the program beside this test to its end, and return what it printed."""

    def run(*arguments: str) -> str:
        command = [sys.executable, str(PROGRAM), *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False
        )
        return done.stdout

    return run


@contextmanager
def served(environment: dict[str, str]) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Run a server for the time of a block, and tell its port."""
    command = [sys.executable, "manage.py", "serve"]
    with running(command, cwd=ROOT, env=environment) as process:
        said = wait_for_line(process, r" at http://")[-1]
        match = re.search(r":(\d+)\s*$", said)
        assert match, said
        yield int(match[1]), process


def create(port: int, secret: str, flag: str, key: str) -> dict[str, Any] | None:
    """Ask for a flag as often as the server is busy; None when it is gone."""
    body = json.dumps(
        {"query": CREATE, "variables": {"input": {"key": flag, "idempotencyKey": key}}}
    )
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    client = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        while True:
            client.request("POST", "/config/graphql", body, headers)
            response = client.getresponse()
            answer = json.loads(response.read())
            if response.status != 503:
                answered: dict[str, Any] = answer["data"]["createFeatureFlag"]
                return answered
    except (OSError, HTTPException):
        return None
    finally:
        client.close()


def test_a_thousand_creates_with_one_key_over_two_processes_make_one_row(
    environment: dict[str, str], program: Program
) -> None:
    secret = program("prepare")
    with (
        served(environment) as (one, _),
        served(environment) as (other, _),
        ThreadPoolExecutor(100) as pool,
    ):
        answers = list(
            pool.map(
                lambda number: create((one, other)[number % 2], secret, "a", "k"), range(1_000)
            )
        )

    assert json.loads(program("count")) == [1, 1]
    ids = {answer["featureFlag"]["id"] for answer in answers if answer and not answer["error"]}
    assert len(ids) == 1
    assert [answer for answer in answers if answer is None or answer["error"]] == []


@pytest.mark.parametrize(("moment", "left"), [("work", [0, 0]), ("answer", [1, 1])])
def test_killed_at_any_moment_there_is_the_effect_with_its_key_or_neither(
    program: Program, moment: str, left: list[int]
) -> None:
    program("prepare")

    assert program("create", moment) == ""
    found = json.loads(program("count"))
    again = json.loads(program("create", "never"))

    assert found == left
    assert again["replayed"] is (left == [1, 1])
    assert json.loads(program("count")) == [1, 1]


def test_after_five_kills_of_the_server_every_key_has_one_effect(
    environment: dict[str, str], program: Program
) -> None:
    secret = program("prepare")
    keys = [f"flag-{number}" for number in range(1_000)]
    cut_off = 0
    for kill in range(5):
        with served(environment) as (port, process), ThreadPoolExecutor(8) as pool:
            Timer(0.15 + 0.05 * kill, process.kill).start()
            batch = keys[200 * kill : 200 * (kill + 1)]
            answers = list(pool.map(lambda key: create(port, secret, key, key), batch))
        cut_off += answers.count(None)
    with served(environment) as (port, _), ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda key: create(port, secret, key, key), keys))

    assert cut_off > 0
    # A flag that was made without its key would be a conflict now.
    assert [answer for answer in answers if answer is None or answer["error"]] == []
    assert json.loads(program("count")) == [len(keys), len(keys)]
