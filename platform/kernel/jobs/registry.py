"""Functions that may run as jobs, by name, and those among them that run by themselves."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

JobFunction = Callable[[str], None]

#: A row marks its period as done, so a period may not outlast the row.
LONGEST_PERIOD = timedelta(days=7)

_NAME = re.compile(r"[a-z]+\.[a-z_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A function that takes the id of what it works on; with `every`, nobody has to ask for it."""

    name: str
    function: JobFunction
    max_attempts: int
    every: timedelta | None


REGISTRY: dict[str, Registered] = {}


def job(name: str, *, max_attempts: int = 10) -> Callable[[JobFunction], JobFunction]:
    """Let a function be enqueued under this name, `<app>.<verb>`; the app is its queue."""
    return _registering(name, max_attempts=max_attempts, every=None)


def periodic(name: str, *, every: timedelta) -> Callable[[JobFunction], JobFunction]:
    """Let a function run once in each period, whichever process sees first that it is due.

    Periods are counted from the epoch in UTC: a daily one begins at midnight. A period that
    nobody was there for is left out.
    """
    if not timedelta(seconds=1) <= every <= LONGEST_PERIOD:
        raise ValueError(f"{name}: a period is 1 s to {LONGEST_PERIOD.days} days, found {every}")
    return _registering(name, max_attempts=3, every=every)


def queue_of(name: str) -> str:
    """Return the queue of a job: the app that its name begins with."""
    return name.partition(".")[0]


def known(queues: Collection[str] | None = None) -> list[Registered]:
    """Return the jobs this process can run: of these queues, or of all."""
    return [job for job in REGISTRY.values() if queues is None or queue_of(job.name) in queues]


def _registering(
    name: str, *, max_attempts: int, every: timedelta | None
) -> Callable[[JobFunction], JobFunction]:
    if not _NAME.fullmatch(name):
        raise ValueError(f"a job is called <app>.<verb>, found {name}")

    def register(function: JobFunction) -> JobFunction:
        if name in REGISTRY and REGISTRY[name].function is not function:
            raise ValueError(f"two jobs are called {name}")
        REGISTRY[name] = Registered(
            name=name, function=function, max_attempts=max_attempts, every=every
        )
        return function

    return register
