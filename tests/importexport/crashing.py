"""What programs of crashes have in common: children that do what there is to do, and are killed."""

import os
import random
import signal
import time
from datetime import timedelta

from django.conf import settings
from django.db import connections

from kernel import clock
from kernel.jobs.models import Job, JobState
from kernel.jobs.registry import known
from kernel.jobs.services import recover
from kernel.testing.jobs import drain


def work(point: str, *, longest_seconds: float) -> bool:
    """Let a child do what there is to do; say whether it was killed.

    A point `random:<seed>` kills after a time that the seed tells, wherever it is then.
    """
    connections.close_all()
    at_random = point.startswith("random:")
    pid = os.fork()
    if pid == 0:
        if not at_random:
            settings.FAULT = point
        go_on()
        connections.close_all()
        os._exit(0)
    if at_random:
        time.sleep(random.Random(point).uniform(0, longest_seconds))
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.WTERMSIG(status) == signal.SIGKILL


def go_on() -> None:
    """Take up what a process that was killed has left."""
    over = clock.now() - timedelta(hours=1)
    Job.objects.filter(state=JobState.RUNNING).update(lease_until=over)
    Job.objects.filter(state=JobState.QUEUED).update(run_at=over)
    recover(known())
    drain()
    # What waited for another job is due later.
    Job.objects.filter(state=JobState.QUEUED).update(run_at=over)
    drain()


def points_at_random(seed: int, count: int) -> list[str]:
    """Return so many points of chance."""
    dice = random.Random(seed)
    return [f"random:{dice.getrandbits(32)}" for _ in range(count)]
