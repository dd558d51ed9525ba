"""One of several processes that read, write and forget the same values, and lose their connections.

What is true is in a table. It reads commands from its standard input and answers each with a line:
`step N` is a number of random steps, `all` every value as this process reads it.
"""

import json
import os
import random
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    ROOT = Path(__file__).resolve().parents[3]
    sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
    os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
    django.setup()

from django.conf import settings
from django.db import connection, transaction
from redis.exceptions import RedisError

from kernel.cache.hub import hub
from kernel.cache.namespaces import TTL, Namespace, Plain
from kernel.redis.clients import connect

KEYS = 400
#: What a process may not know yet: what was told within this time.
BOUND_SECONDS = 3.0


def main(seed: int) -> None:
    """Do what is told until the input ends."""
    with hub.following():
        process = Process(random.Random(seed))
        say("ready")
        for line in sys.stdin:
            what, _, number = line.strip().partition(" ")
            say(process.steps(int(number)) if what == "step" else process.all())


def say(answer: Any) -> None:
    """Answer with a line."""
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


class UndoneError(Exception):
    """A transaction that is rolled back."""


class Process:
    """What one process does and believes."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.values: Namespace[int] = Namespace(
            "tests:agreeing",
            holds="versions",
            ttl=TTL.LONG if settings.REDIS_URL or connection.vendor != "sqlite" else TTL.MOMENT,
            forgotten="a write",
            of_tenant=False,
            codec=Plain(),
        )
        self.redis: Any = connect(settings.REDIS_URL) if settings.REDIS_URL else None
        self.written: dict[str, int] = {}
        self.stale: list[str] = []

    def steps(self, number: int) -> list[str]:
        """Do so many random steps, and return what was stale."""
        for _ in range(number):
            key = str(self.chance.randrange(KEYS))
            dice = self.chance.random()
            if dice < 0.90:
                self.read(key)
            elif dice < 0.97:
                self.write(key, rolled_back=dice > 0.96)
            elif dice < 0.975:
                self.values.forget_all()
            elif dice < 0.98:
                self.disconnect()
        return self.stale

    def all(self) -> dict[str, int]:
        """Return every value as this process reads it."""
        return {str(key): self.value(str(key)) for key in range(KEYS)}

    def value(self, key: str) -> int:
        """Return a value by the cache."""
        return self.values.get_or_load(key, lambda: _stored(key))

    def read(self, key: str) -> None:
        """Read one, and judge it."""
        least = max(_told(key, time.monotonic() - BOUND_SECONDS), self.written.get(key, 0))
        found = self.value(key)
        if found < least:
            self.stale.append(f"{key} is {found}, and was at least {least}")

    def write(self, key: str, *, rolled_back: bool) -> None:
        """Write the next version, and say so; within the transaction it is seen already."""
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("UPDATE agreeing SET version = version + 1 WHERE k = %s", [key])
                version = _stored(key)
                self.values.forget(key)
                if self.value(key) != version:
                    self.stale.append(f"{key} is not what this transaction wrote")
                if rolled_back:
                    raise UndoneError
        except UndoneError:
            return
        self.written[key] = version
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO told (k, version, moment) VALUES (%s, %s, %s)",
                [key, version, time.monotonic()],
            )
        self.read(key)

    def disconnect(self) -> None:
        """Cut every connection to Redis, of all processes."""
        if self.redis is not None:
            # Another process may be cutting ours.
            with suppress(RedisError):
                self.redis.client_kill_filter(_type="normal", skipme=True)


def _stored(key: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM agreeing WHERE k = %s", [key])
        return int(cursor.fetchone()[0])


def _told(key: str, before: float) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(version) FROM told WHERE k = %s AND moment < %s", [key, before])
        return int(cursor.fetchone()[0] or 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
