"""A pipeline of real processes that are killed, and what an onlooker finds in its database."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from kernel.testing.processes import wait_for_line
from tests.devservices.fixtures import Servers

LEASE_SECONDS = 2.0
#: When one that has not recovered is given up.
LONGEST_RECOVERY_SECONDS = 60.0
#: How many processes there are of each role.
CREW = {"web": 1, "relay": 2, "consumer": 2, "worker": 2}

GROUPS = ("tests.ordered", "tests.plain")
_EVENTS = """
    SELECT thing || ' ' || step AS fact FROM faults_fact WHERE NOT EXISTS (
        SELECT 1 FROM faults_effect WHERE who = '{}' AND what = thing || ' ' || step
    )
"""
_JOBS = "SELECT target FROM jobs_job WHERE state <> 'done'"

ROOT = Path(__file__).resolve().parents[2]
NURSERY = Path(__file__).with_name("nursery.py")


@dataclass
class Broker:
    """The broker of a test."""

    servers: Servers
    name: str = "kafka"

    def kill(self) -> None:
        """End it as by `kill -9`."""
        self.servers.do("kill", self.name)

    def start(self) -> None:
        """Start it with the data it had."""
        self.servers.do("start", self.name)

    def pause(self) -> None:
        """Let it answer nobody, with its connections open."""
        self.servers.do("pause", self.name)

    def resume(self) -> None:
        """Let it go on."""
        self.servers.do("resume", self.name)


@dataclass
class Pipeline:
    """Writers, relays, consumers and workers on one database."""

    environment: dict[str, str]
    nursery: subprocess.Popen[str]
    alive: dict[str, list[int]] = field(default_factory=dict)

    def start(self, role: str) -> None:
        """Let a process be born, and work: who is still starting can take over from nobody."""
        assert self.nursery.stdin
        self.nursery.stdin.write(f"{role}\n")
        self.nursery.stdin.flush()
        (line,) = wait_for_line(self.nursery, r"^\d+$")
        pid = int(line)
        if role == "worker" and "CELERY_BROKER_URL" in self.environment:
            wait_for_line(self.nursery, f"^{pid} works$")
        self.alive.setdefault(role, []).append(pid)

    def kill(self, role: str) -> None:
        """End the one that has lived longest as by `kill -9`."""
        pid = self.alive[role].pop(0)
        os.kill(pid, signal.SIGKILL)

    def accepted(self) -> list[list[str]]:
        """Return what callers were told is accepted: when, how long it took, fact and wish."""
        path = Path(self.environment["DATA_DIR"]) / "accepted"
        return [line.split(maxsplit=4) for line in path.read_text().splitlines()]

    def ask(self, sql: str) -> list[Any]:
        """Ask its database."""
        if url := self.environment.get("DATABASE_URL"):
            with psycopg.connect(url) as connection:
                return connection.execute(sql).fetchall()
        path = next(Path(self.environment["DATA_DIR"]).glob("*.sqlite3"))
        with closing(sqlite3.connect(path, timeout=20)) as database:
            return database.execute(sql).fetchall()

    def waiting(self) -> set[str]:
        """Return what is committed and has not taken effect."""
        found = {f"job {target}" for (target,) in self.ask(_JOBS)}
        for group in GROUPS:
            found |= {f"{group} {what}" for (what,) in self.ask(_EVENTS.format(group))}
        return found

    def standing(self, left: set[str]) -> str:
        """Return where what has not taken effect is held up, for people."""
        groups = Counter(one.split()[0] for one in left)
        ((held_up,),) = self.ask("SELECT count(*) FROM events_outboxevent")
        again = self.ask('SELECT "group", state, count(*) FROM events_redelivery GROUP BY 1, 2')
        log = (Path(self.environment["DATA_DIR"]) / "log").read_text()[-4_000:]
        return (
            f"not recovered: {dict(groups)}, as {sorted(left)[:10]}; {held_up} in the outbox,"
            f" tried again {again}; the end of the log:\n{log}"
        )

    def recover(self) -> float:
        """Return how long it takes until all that is committed now has taken effect."""
        began = time.monotonic()
        left = self.waiting()
        while left:
            taken = time.monotonic() - began
            assert taken < LONGEST_RECOVERY_SECONDS, self.standing(left)
            time.sleep(0.05)
            left &= self.waiting()
        return time.monotonic() - began


@contextmanager
def pipeline(folder: Path, **variables: str) -> Iterator[Pipeline]:
    """Start one; all of it is gone after the block."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DATA_DIR": str(folder),
        "LOG_LEVEL": "ERROR",
        "LEASE_SECONDS": str(LEASE_SECONDS),
        **variables,
    }
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, NURSERY],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as nursery,
    ):
        try:
            wait_for_line(nursery, "ready")
            made = Pipeline(environment, nursery)
            for role, number in CREW.items():
                for _ in range(number):
                    made.start(role)
            yield made
        finally:
            nursery.kill()


def allowed(lease: float) -> float:
    """Return what recovery may take, from the kill: 5 s more, where processes have a core each."""
    return lease + 5 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1) / 2)


def rounds(
    made: Pipeline, *, seed: int, kills: int, victims: Sequence[str], broker: Broker | None = None
) -> dict[str, float]:
    """Kill at random moments, one after the other; return the longest recovery from each victim."""
    chance = random.Random(seed)
    longest = dict.fromkeys(victims, 0.0)
    for number in range(kills):
        victim = victims[number % len(victims)]
        time.sleep(chance.uniform(0.005, 0.5))
        if victim == "broker" and broker:
            broker.kill()
            broker.start()
            taken = made.recover()
        else:
            made.kill(victim)
            # Others take over, where there are any: one that is born anew must not help them.
            taken = made.recover()
            made.start(victim)
        longest[victim] = max(longest[victim], taken)
        if number % 5 == 4:
            sys.stderr.write(f"{number + 1} kills, longest recoveries in s: {longest}\n")
    return longest


def outage(made: Pipeline, broker: Broker, seconds: float) -> None:
    """Let the broker answer nobody for a while: writers notice nothing, and all is sent after it.

    Raises AssertionError when they do.
    """
    made.recover()
    before = made.accepted()
    time.sleep(seconds / 4)
    quiet = [float(one[1]) for one in made.accepted()[len(before) :]]
    broker.pause()
    written = len(made.accepted())
    time.sleep(seconds)
    during = [float(one[1]) for one in made.accepted()[written:]]
    ((held_up,),) = made.ask("SELECT count(*) FROM events_outboxevent")
    broker.resume()
    drained = made.recover()
    told = (
        f"broker away for {seconds:g} s: {len(quiet) * 4} writes expected, {len(during)} made;"
        f" median {median(quiet) * 1e3:.1f} ms before, {median(during) * 1e3:.1f} ms meanwhile,"
        f" longest {max(during) * 1e3:.0f} ms; {held_up} events waited, sent in {drained:.1f} s\n"
    )
    sys.stderr.write(told)
    assert held_up > len(during) * 0.8, "the broker was not away"
    assert len(during) > len(quiet) * 4 * 0.7, "writers were held up"
    assert median(during) < max(2 * median(quiet), 0.02)


def check(made: Pipeline) -> None:
    """Raise AssertionError unless all that was accepted took effect, once and in order."""
    made.kill("web")
    made.recover()
    facts = {(thing, int(step)) for thing, step in made.ask("SELECT thing, step FROM faults_fact")}
    wishes = {wish for (wish,) in made.ask("SELECT target FROM faults_wish")}
    accepted = made.accepted()
    assert {(thing, int(step)) for _, _, thing, step, _ in accepted} <= facts
    assert {wish for *_, wish in accepted} <= wishes
    for group in GROUPS:
        rows = made.ask(f"SELECT what FROM faults_effect WHERE who = '{group}' ORDER BY number")
        done = [(thing, int(step)) for (what,) in rows for thing, step in [what.split()]]
        assert Counter(done) == Counter(facts), Counter(done) - Counter(facts)
        for thing in {thing for thing, _ in facts} if group == "tests.ordered" else ():
            steps = [step for one, step in done if one == thing]
            assert steps == sorted(steps), f"{thing} in the order {steps}"
    assert Counter(made.ask("SELECT target FROM jobs_job")) == Counter((one,) for one in wishes)
    assert {target for (target,) in made.ask("SELECT target FROM faults_done")} == wishes
