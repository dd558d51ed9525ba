"""Functions that may run as jobs, by name, and those among them that run by themselves."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

JobFunction = Callable[[str], None]

#: A row marks its period as done, so a period may not outlast the row.
LONGEST_PERIOD = timedelta(days=7)
#: What a job has if it does not say otherwise.
TIMEOUT = timedelta(hours=1)

_NAME = re.compile(r"[a-z]+\.[a-z_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A function that takes the id of what it works on; with `every`, nobody has to ask for it."""

    name: str
    function: JobFunction
    max_attempts: int = 10
    timeout: timedelta = TIMEOUT
    priority: int = 0
    #: How many may run at the same time over all workers, and how many of one tenant.
    at_once: int | None = None
    at_once_per_tenant: int | None = None
    every: timedelta | None = None

    @property
    def limited(self) -> bool:
        """Say whether some of its jobs may have to wait for others to end."""
        return self.at_once is not None or self.at_once_per_tenant is not None


REGISTRY: dict[str, Registered] = {}


def job(
    name: str,
    *,
    max_attempts: int = 10,
    timeout: timedelta = TIMEOUT,
    priority: int = 0,
    at_once: int | None = None,
    at_once_per_tenant: int | None = None,
) -> Callable[[JobFunction], JobFunction]:
    """Let a function be enqueued under this name, `<app>.<verb>`; the app is its queue.

    Of two jobs in a queue that with the greater priority goes first. `at_once` bounds how many run
    at the same time over all workers, `at_once_per_tenant` how many of one tenant.
    """
    if any(most is not None and most < 1 for most in (at_once, at_once_per_tenant)):
        raise ValueError(f"{name}: at least one may run at a time")

    def register(function: JobFunction) -> JobFunction:
        return _register(
            Registered(
                name=name,
                function=function,
                max_attempts=max_attempts,
                timeout=timeout,
                priority=priority,
                at_once=at_once,
                at_once_per_tenant=at_once_per_tenant,
            )
        )

    _check_name(name)
    return register


def periodic(name: str, *, every: timedelta) -> Callable[[JobFunction], JobFunction]:
    """Let a function run once in each period, whichever process sees first that it is due.

    Periods are counted from the epoch in UTC: a daily one begins at midnight. A period that
    nobody was there for is left out.
    """
    if not timedelta(seconds=1) <= every <= LONGEST_PERIOD:
        raise ValueError(f"{name}: a period is 1 s to {LONGEST_PERIOD.days} days, found {every}")
    _check_name(name)
    return lambda function: _register(
        Registered(name=name, function=function, max_attempts=3, every=every)
    )


def queue_of(name: str) -> str:
    """Return the queue of a job: the app that its name begins with."""
    return name.partition(".")[0]


def known(queues: Collection[str] | None = None) -> list[Registered]:
    """Return the jobs this process can run: of these queues, or of all."""
    return [job for job in REGISTRY.values() if queues is None or queue_of(job.name) in queues]


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"a job is called <app>.<verb>, found {name}")


def _register(registered: Registered) -> JobFunction:
    present = REGISTRY.get(registered.name)
    if present is not None and present.function is not registered.function:
        raise ValueError(f"two jobs are called {registered.name}")
    REGISTRY[registered.name] = registered
    return registered.function
