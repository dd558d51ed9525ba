"""Four processes that read and write at random agree, whatever connections they lose."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.kernel.cache.agreeing import KEYS

pytestmark = pytest.mark.live

PROGRAM = Path(__file__).with_name("agreeing.py")
PROCESSES, ROUNDS = 4, 4
PATIENCE_SECONDS = 15.0
TABLES = (
    "CREATE TABLE agreeing (k varchar(20) PRIMARY KEY, version integer NOT NULL)",
    "CREATE TABLE told (k varchar(20), version integer, moment double precision)",
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "DATA_DIR": str(tmp_path), "SERVICES": "audit", "LOG_LEVEL": "ERROR"}


def with_redis(environment: dict[str, str], servers: Any) -> dict[str, str]:
    return {**environment, "REDIS_URL": servers.up("redis")["REDIS_URL"]}


@pytest.mark.parametrize(
    "steps", [400, pytest.param(10_000, marks=pytest.mark.nightly)], ids=["some", "all"]
)
def test_processes_with_redis_agree_whatever_is_cut(
    environment: dict[str, str], servers: Any, steps: int
) -> None:
    agree(with_redis(environment, servers), steps)


def test_processes_on_sqlite_agree_within_a_second(environment: dict[str, str]) -> None:
    agree(environment, 400)


def test_processes_on_postgresql_agree_by_its_notices(
    environment: dict[str, str], postgres_url: str
) -> None:
    agree({**environment, "DATABASE_URL": postgres_url}, 400)


def agree(environment: dict[str, str], steps: int) -> None:
    with processes(environment) as running:
        for _ in range(ROUNDS):
            stale = ask(running, f"step {steps // ROUNDS // PROCESSES}")
            assert stale == [[]] * PROCESSES, os.environ.get("SEED")
            # Nobody writes now. What one was not told it would never know: values last an hour.
            true = dict(by_sql(environment, "SELECT k, version FROM agreeing"))
            until = time.monotonic() + PATIENCE_SECONDS
            while (found := ask(running, "all")) != [true] * PROCESSES:
                assert time.monotonic() < until, different(found, true)


@contextmanager
def processes(environment: dict[str, str]) -> Iterator[list[subprocess.Popen[str]]]:
    seed = int(os.environ.get("SEED") or random.randrange(10**9))
    # Who is the first to have a log beside SQLite's file locks it, and who closes it last does:
    # others that open it just then are turned away.
    held = sqlite3.connect(f"{environment['DATA_DIR']}/septet.sqlite3")
    held.execute("PRAGMA journal_mode=WAL").fetchone()
    for statement in ("DROP TABLE IF EXISTS agreeing", "DROP TABLE IF EXISTS told", *TABLES):
        by_sql(environment, statement)
    by_sql(
        environment,
        "INSERT INTO agreeing VALUES " + ", ".join(f"('{key}', 0)" for key in range(KEYS)),
    )
    started = [
        subprocess.Popen(
            [sys.executable, PROGRAM, str(seed + number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    try:
        assert answers(started) == ["ready"] * PROCESSES
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()
        held.close()


def ask(running: list[subprocess.Popen[str]], what: str) -> list[Any]:
    for process in running:
        assert process.stdin
        process.stdin.write(f"{what}\n")
        process.stdin.flush()
    return answers(running)


def answers(running: list[subprocess.Popen[str]]) -> list[Any]:
    return [json.loads(process.stdout.readline()) for process in running if process.stdout]


def by_sql(environment: dict[str, str], statement: str) -> list[tuple[Any, ...]]:
    if url := environment.get("DATABASE_URL"):
        with psycopg.connect(url) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []
    with sqlite3.connect(f"{environment['DATA_DIR']}/septet.sqlite3") as connection:
        return connection.execute(statement).fetchall()


def different(
    found: list[dict[str, int]], true: dict[str, int]
) -> list[dict[str, tuple[int, int]]]:
    """Return what each process has, and what it is to have."""
    return [{k: (v, true[k]) for k, v in one.items() if v != true[k]} for one in found]
