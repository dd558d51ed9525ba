"""What one thing that users do costs in processor time, and so how many a core is good for.

The platform runs as one process on PostgreSQL. Each kind of work is done many times, until its
events and jobs are done as well; then the time of all processors that the platform and PostgreSQL
took is shared out, less what they take when nothing happens. Time of processors hardly minds a busy
machine; rates would. docs/growing.md has the result.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import urllib3
from apart import DEVSERVICES, ROOT, print_machine

sys.path.insert(0, str(ROOT / "platform"))

from kernel.testing.embedded import Embedded, embedded

#: The share of a core's time that is spent: beyond it those who wait grow faster than what is done.
USED = 0.6
#: How often each kind of work is done: so that what happens beside it weighs little.
READS, WRITES = 3000, 300
IDLE_SECONDS = 20.0
GIVE_UP_SECONDS = 900.0
#: Nothing has waited for so long: all is done, also what groups of events have begun.
CALM_SECONDS = 5
WAITING = """SELECT (SELECT count(*) FROM events_outboxevent WHERE state = 'waiting'),
    (SELECT count(*) FROM jobs_job
     WHERE state = 'running' OR (state = 'queued' AND run_at <= now()))"""
#: One caller does more than one may.
WITHOUT_LIMITS = {"RATE_LIMIT_CREDENTIAL": "0", "RATE_LIMIT_TENANT": "0"}
BYTES = os.urandom(100_000)
TICK = os.sysconf("SC_CLK_TCK")


class Client:
    """One kept connection."""

    def __init__(self, platform: Embedded) -> None:
        self._pool = urllib3.PoolManager(headers={"Authorization": f"Bearer {platform.key}"})
        self._url = platform.url

    def graph(self, query: str) -> None:
        """Ask the graph; raises where it answers an error."""
        answer = self._pool.request("POST", f"{self._url}/graphql", json={"query": query})
        told: dict[str, Any] = answer.json()
        if "errors" in told or any(
            "error" in (one or {}) and one["error"] for one in told["data"].values()
        ):
            raise RuntimeError(str(told)[:300])

    def upload(self, number: int) -> None:
        """Send a file."""
        path = f"{self._url}/files/api/files/{number}.bin"
        answer = self._pool.request("PUT", path, body=BYTES)
        if answer.status != 201:
            raise RuntimeError(answer.data[:300])


def kinds(client: Client) -> dict[str, Callable[[int], None]]:
    """Return each kind of work, which is told how many were before."""
    page = "{ auditLogs(first: 30) { nodes { id action occurredAt actor { name } } } }"
    record = (
        'mutation { createAuditLog(input: {action: "bench.done", actor: {type: "user", id: "a"},'
        ' occurredAt: "2026-05-01T12:00:00Z"}) { auditLog { id } error { code } } }'
    )
    notify = (
        'mutation { createNotification(input: {recipient: "a@example.com", channel: EMAIL,'
        ' subject: "here"}) { notification { id } error { code } } }'
    )
    return {
        "read one row": lambda _: client.graph("{ auditLogs(first: 1) { nodes { id action } } }"),
        "read a page of 30": lambda _: client.graph(page),
        "record an audit entry": lambda _: client.graph(record),
        "send a mail": lambda _: client.graph(notify),
        "upload 100 kB, scanned by built-in signatures": client.upload,
    }


def used(process: Path) -> float:
    """Return the processor seconds of a process and of its children that have ended."""
    words = (process / "stat").read_text().rpartition(")")[2].split()
    # As `man proc_pid_stat` counts them, from its third field on.
    return sum(int(word) for word in words[11:15]) / TICK


class Spent:
    """What the platform and PostgreSQL have used so far."""

    def __init__(self) -> None:
        self._connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        row = self._connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row
        self._server = parent(Path(f"/proc/{row[0]}"))
        ours = (each.parent for each in Path("/proc").glob("[0-9]*/stat"))
        (self._platform,) = [one for one in ours if parent(one) == os.getpid()]

    def seconds(self) -> tuple[float, float]:
        """Return those of the platform, and those of PostgreSQL."""
        database = used(Path(f"/proc/{self._server}"))
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                if parent(stat.parent) == self._server:
                    database += used(stat.parent)
        return used(self._platform), database

    def settle(self) -> None:
        """Wait until no event and no job waits."""
        until = time.monotonic() + GIVE_UP_SECONDS
        calm = 0
        while calm < CALM_SECONDS:
            row = self._connection.execute(WAITING).fetchone()
            calm = calm + 1 if row == (0, 0) else 0
            if time.monotonic() > until:
                raise RuntimeError(f"work still waits: {row}")
            time.sleep(1.0)


def parent(process: Path) -> int:
    """Return the id of who started a process."""
    return int((process / "stat").read_text().rpartition(")")[2].split()[1])


def measure(spent: Spent, work: Callable[[], None]) -> tuple[float, float, float]:
    """Return how long it took until all was done, and what platform and PostgreSQL used."""
    begun, before = time.monotonic(), spent.seconds()
    work()
    spent.settle()
    after = spent.seconds()
    return time.monotonic() - begun, after[0] - before[0], after[1] - before[1]


def here() -> None:
    """Measure on the PostgreSQL that is there."""
    with (
        TemporaryDirectory() as folder,
        embedded(
            Path(folder), {"DATABASE_URL": os.environ["DATABASE_URL"], **WITHOUT_LIMITS}
        ) as told,
    ):
        spent, client = Spent(), Client(told)
        spent.settle()
        span, *idle = measure(spent, lambda: time.sleep(IDLE_SECONDS))
        print(f"idle: {idle[0] / span:.3f} and {idle[1] / span:.3f} cores")
        print("| what | platform, ms | PostgreSQL, ms | a second, of one core |")
        print("| --- | --- | --- | --- |")
        for name, one in kinds(client).items():
            times = READS if name.startswith("read") else WRITES
            repeat(one, range(5))
            spent.settle()
            took, *both = measure(spent, partial(repeat, one, range(5, 5 + times)))
            ours, database = (
                1000 * (every - took * each / span) / times
                for every, each in zip(both, idle, strict=True)
            )
            rate = 1000 * USED / (ours + database)
            print(f"| {name} | {ours:.1f} | {database:.1f} | {rate:.0f} |", flush=True)


def repeat(one: Callable[[int], None], numbers: range) -> None:
    """Do work again and again."""
    for number in numbers:
        one(number)


if __name__ == "__main__":
    if sys.argv[1:] == ["here"]:
        here()
    else:
        print_machine()
        subprocess.run(
            [DEVSERVICES, "run", "postgres", "--", sys.executable, sys.argv[0], "here"], check=True
        )
