"""A process of its own for tests of crashes: `make`, `tick`, `work`, `jump` or `show`."""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import django

django.setup()

from apps.scheduler.models import JobRun, JobSchedule  # noqa: E402
from apps.scheduler.services.firing import fire_due  # noqa: E402
from apps.scheduler.services.schedules import create_schedule  # noqa: E402
from contracts.scheduler import ScheduleFired  # noqa: E402
from kernel.events.models import OutboxEvent  # noqa: E402
from kernel.jobs.claiming import LEASE  # noqa: E402
from kernel.jobs.models import Job, JobState  # noqa: E402
from kernel.tenancy.context import in_tenant  # noqa: E402
from kernel.testing.jobs import drain  # noqa: E402

TENANT = UUID(int=7)
START = datetime.fromisoformat("2026-06-01T00:00:00+00:00")
HOUR = timedelta(hours=1)
#: What a clock that is set wrongly shows meanwhile. Within a day there are fewer times than are
#: made up for, so none may be lost.
JUMPS = (timedelta(hours=-1), timedelta(hours=1), timedelta(days=1))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def make(count: int) -> None:
    """Make so many that are due each hour from the start on, and run all that they miss."""
    with in_tenant(TENANT):
        for number in range(count):
            create_schedule(
                name=str(number),
                cron="0 * * * *",
                overlap="allow_all",
                misfire="fire_all",
                misfire_cap=100,
                catch_up_seconds=7 * 86_400,
            )
    JobSchedule.across_tenants.update(next_run_at=START)


def tick(hours: int, first: int = 0) -> None:
    """Look once an hour of made-up time; where `JUMP` says so, the second by a clock that jumps."""
    jump = os.environ.get("JUMP")
    for number in range(first, hours):
        now = START + number * HOUR
        if jump and number == first + 1:
            fire_due(now + JUMPS[int(jump)])
            say(f"jumped {jump}")
        fire_due(now)
        say(f"ticked {number}")
        time.sleep(float(os.environ.get("PAUSE", "0")))


def work() -> None:
    """Do all jobs, those of lost workers too."""
    Job.objects.filter(state=JobState.RUNNING).update(
        state=JobState.QUEUED, waits_for="", lease_until=None, run_at=START - LEASE
    )
    say(f"worked {drain()}")


def show(hours: int) -> None:
    """Tell what there is once all is done."""
    runs = list(JobRun.across_tenants.values_list("schedule_id", "fire_time", "state"))
    told = [
        event.run_id
        for row in OutboxEvent.objects.all()
        if isinstance(event := row.envelope().event(), ScheduleFired)
    ]
    wanted = {START + number * HOUR for number in range(hours)}
    schedules = list(JobSchedule.across_tenants.values_list("pk", flat=True))
    have: dict[UUID, set[datetime]] = {pk: set() for pk in schedules}
    for schedule_id, fire_time, _state in runs:
        have[schedule_id].add(fire_time)
    say(
        json.dumps(
            {
                "runs": len(runs),
                "times": len({(one, at) for one, at, _ in runs}),
                "lost": sum(len(wanted - times) for times in have.values()),
                "states": Counter(state for *_, state in runs),
                "told": len(set(told)),
                "jobs_without_run": Job.objects.filter(name="scheduler.run")
                .exclude(
                    target__in=[
                        str(pk) for pk in JobRun.across_tenants.values_list("pk", flat=True)
                    ]
                )
                .count(),
            }
        )
    )


VERBS: dict[str, Callable[..., None]] = {"make": make, "tick": tick, "work": work, "show": show}
VERBS[sys.argv[1]](*map(int, sys.argv[2:]))
