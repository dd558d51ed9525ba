"""Functions that may run as jobs, by name, and those among them that run by themselves."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

JobFunction = Callable[[str], None]
#: Takes the ids of many, and returns the errors of those that it did not do.
TogetherFunction = Callable[[Sequence[str]], Mapping[str, Exception]]

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
    #: Does some of one tenant at once, and how many these are.
    together: TogetherFunction | None = None
    most_together: int = 1

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


def together(
    name: str, *, most: int, timeout: timedelta = TIMEOUT
) -> Callable[[TogetherFunction], TogetherFunction]:
    """Let a function be enqueued as by `job`, and be given up to so many of a tenant at once.

    Each is a job of its own all the same, that is claimed, settled and tried again by itself. What
    the function returns are the errors of those that failed; what it raises is the error of each.
    Those that have failed before, or whose worker was lost, are done one by one.
    """
    if most < 2:
        raise ValueError(f"{name}: at least two are done together")
    _check_name(name)

    def register(function: TogetherFunction) -> TogetherFunction:
        def alone(target: str) -> None:
            for error in function([target]).values():
                raise error

        _register(
            Registered(
                name=name, function=alone, timeout=timeout, together=function, most_together=most
            )
        )
        return function

    return register


def periodic(
    name: str, *, every: timedelta, timeout: timedelta = TIMEOUT
) -> Callable[[JobFunction], JobFunction]:
    """Let a function run once in each period, whichever process sees first that it is due.

    Periods are counted from the epoch in UTC: a daily one begins at midnight. A period that
    nobody was there for is left out.
    """
    if not timedelta(seconds=1) <= every <= LONGEST_PERIOD:
        raise ValueError(f"{name}: a period is 1 s to {LONGEST_PERIOD.days} days, found {every}")
    _check_name(name)
    return lambda function: _register(
        Registered(name=name, function=function, timeout=timeout, max_attempts=3, every=every)
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
