"""Jobs in tests: run where the test stands, in its transaction and at its time."""

from kernel.jobs import claiming, services
from kernel.jobs.registry import known
from kernel.jobs.running import Running, grouped, run_together


def drain() -> int:
    """Run every job that is due, and those they enqueue, as a worker would; return how many ran.

    A failed job is left to its next attempt; move the clock on and drain again.
    """
    ran = 0
    while jobs := claiming.claim(1, known(), worker="drain"):
        groups = grouped([Running(job) for job in jobs])
        services.settle([end for group in groups for end in run_together(group)])
        ran += len(jobs)
    return ran
