"""Rows of schedules and runs that operations are tried on, each by its name."""

from collections.abc import Callable
from typing import Any

from apps.scheduler.models import JobRun
from apps.scheduler.services.life import pause_schedule, run_now
from apps.scheduler.services.schedules import create_schedule


def run() -> JobRun:
    """Make one that nobody has begun."""
    schedule = create_schedule(name="nightly", cron="0 3 * * *")
    return run_now(id=str(schedule.pk))


#: Each by its name in an operation.
ROWS: dict[str, Callable[[], Any]] = {
    "run": run,
    "paused schedule": lambda: pause_schedule(
        id=str(create_schedule(name="nightly", cron="0 3 * * *").pk)
    ),
}
