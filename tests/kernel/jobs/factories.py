"""Jobs for tests: what they did is written in a list."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.jobs import claiming
from kernel.jobs.models import Job
from kernel.jobs.registry import job, known


@dataclass
class MovableClock:
    """A clock that stands still."""

    now: datetime

    def by(self, **delta: float) -> datetime:
        """Move it on, or back, and return what it shows then."""
        self.now += timedelta(**delta)
        return self.now

    def seconds(self) -> float:
        """Return what it shows as a monotonic clock would."""
        return self.now.timestamp()


def recording(name: str = "tests.record") -> list[str]:
    """Register a job that does its work; return the list of the targets it was given."""
    ran: list[str] = []
    job(name)(ran.append)
    return ran


def failing(error: BaseException, *, max_attempts: int = 10) -> list[str]:
    """Register a job that always fails; return the list of the targets it was given."""
    ran: list[str] = []

    def fail(target: str) -> None:
        ran.append(target)
        raise error

    job("tests.fail", max_attempts=max_attempts)(fail)
    return ran


def claim(limit: int = 10, *, worker: str = "one") -> list[Job]:
    """Claim as a worker that knows everything registered would."""
    return claiming.claim(limit, known(), worker=worker)


def only_job() -> Job:
    """Return the one job there is, as it is stored."""
    return Job.objects.get()
