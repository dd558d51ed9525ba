"""Real processes in tests: started, watched, and gone afterwards whatever happens."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connection


@contextmanager
def running(
    command: Sequence[str], *, cwd: Path, env: dict[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """Run a command beside the test; at the end of the block it is killed if it still runs."""
    process = subprocess.Popen(  # noqa: S603  a test's own command
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_line(process: subprocess.Popen[str], pattern: str) -> list[str]:
    """Return what the process has printed up to a line that matches; raises when it ends first."""
    seen: list[str] = []
    for line in process.stdout or ():
        seen.append(line)
        if re.search(pattern, line):
            return seen
    raise AssertionError(f"no {pattern!r} in {''.join(seen)}")


def environment_beside(folder: Path, **more: str) -> dict[str, str]:
    """Return the variables for a process that works on the tables of this test, beside it.

    It has the test's PostgreSQL database; with SQLite, whose append-only tables nobody empties
    afterwards, a copy in the folder.
    """
    database = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        copy = folder / "beside.sqlite3"
        if not copy.exists():
            with (
                closing(sqlite3.connect(database)) as whole,
                closing(sqlite3.connect(copy)) as made,
            ):
                whole.backup(made)
        database = str(copy)
    return _environment(folder, database) | more


@contextmanager
def empty_database(folder: Path) -> Iterator[dict[str, str]]:
    """Give the variables for a process with a database of its own, in which nothing is yet."""
    if connection.vendor == "sqlite":
        yield _environment(folder, str(folder / "empty.sqlite3"))
        return
    name = f"empty_{os.getpid()}"
    server = _environment(folder, "postgres")["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield _environment(folder, name)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def run_on_empty_database(program: Path, folder: Path, **more: str) -> Any:
    """Run a program on one to its end, and return what its last line says in JSON."""
    with empty_database(folder) as environment:
        done = subprocess.run(  # noqa: S603  a test's own program
            [sys.executable, str(program)],
            cwd=settings.BASE_DIR,
            env=environment | more,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def _environment(folder: Path, database: str) -> dict[str, str]:
    root = Path(settings.BASE_DIR)
    url = f"sqlite:///{database}"
    if connection.vendor == "postgresql":
        at = {name: quote(str(value)) for name, value in connection.settings_dict.items()}
        url = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{database}"
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{root}:{root / 'platform'}",
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
    }
