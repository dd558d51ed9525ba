"""Functions that may run as jobs, by name, and those among them that run by themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

JobFunction = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A function that takes the id of what it works on; with `every`, nobody has to ask for it."""

    name: str
    function: JobFunction
    max_attempts: int
    every: timedelta | None


REGISTRY: dict[str, Registered] = {}


def job(name: str, *, max_attempts: int = 10) -> Callable[[JobFunction], JobFunction]:
    """Let a function be enqueued under this name, `<app>.<verb>`."""
    return _registering(name, max_attempts=max_attempts, every=None)


def periodic(name: str, *, every: timedelta) -> Callable[[JobFunction], JobFunction]:
    """Let a function run once in each period, whichever process sees first that it is due."""
    return _registering(name, max_attempts=3, every=every)


def _registering(
    name: str, *, max_attempts: int, every: timedelta | None
) -> Callable[[JobFunction], JobFunction]:
    def register(function: JobFunction) -> JobFunction:
        if name in REGISTRY and REGISTRY[name].function is not function:
            raise ValueError(f"two jobs are called {name}")
        REGISTRY[name] = Registered(
            name=name, function=function, max_attempts=max_attempts, every=every
        )
        return function

    return register
