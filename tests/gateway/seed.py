"""Seeds an empty database with the same rows every time; prints their ids, and keys, as JSON.

A program of its own: the clock and the source of ids are pinned before any model takes them.
"""

import json
import os
import random
import sys
from datetime import UTC, datetime, timedelta

import django
from django.core.management import call_command

from kernel import clock, ids


class _Pinned:
    """A clock that ticks at every look, and bits that follow from a seed."""

    def __init__(self) -> None:
        self._ticks = 0
        self._random = random.Random(4)

    def now(self) -> datetime:
        self._ticks += 1
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self._ticks)

    def randbits(self, count: int) -> int:
        return self._random.getrandbits(count)


def main() -> None:
    """Migrate and seed the database that the environment names."""
    pinned = _Pinned()
    clock.now = pinned.now
    ids.secrets = pinned  # type: ignore[assignment, attr-defined]  # all that it takes of the module
    os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
    django.setup()
    call_command("migrate", verbosity=0)

    from tests.gateway.rows import make_rows  # noqa: PLC0415  models come after the setup

    json.dump(make_rows(), sys.stdout)


if __name__ == "__main__":
    main()
