"""Jobs in tests: run where the test stands, in its transaction and at its time."""

from kernel.jobs import claiming, services
from kernel.jobs.registry import known
from kernel.jobs.running import run


def drain() -> int:
    """Run every job that is due, and those they enqueue, as a worker would; return how many ran.

    A failed job is left to its next attempt; move the clock on and drain again.
    """
    ran = 0
    while jobs := claiming.claim(1, known(), worker="drain"):
        services.settle([run(job) for job in jobs])
        ran += 1
    return ran
