"""Tasks of a library that knows nothing of us."""

from typing import Any

from django_tasks import TaskContext, task

seen: list[Any] = []


@task()
def add(one: int, two: int = 0) -> int:
    """Return the sum."""
    seen.append((one, two))
    return one + two


@task(priority=10)
def first() -> None:
    """Go before others."""
    seen.append("first")


@task(takes_context=True)
def attempt(context: TaskContext) -> int:
    """Return which attempt this is."""
    return context.attempt


@task()
def fail() -> None:
    """Fail."""
    raise KeyError("nothing here")


@task()
async def later() -> str:
    """Run on an event loop."""
    return "later"


@task()
def unspeakable() -> object:
    """Return what no JSON holds."""
    return object()
