"""The job that `manage.py doctor --live` waits for; whoever works has to know it."""

from datetime import timedelta

from kernel.jobs.registry import job


@job("kernel.probe", max_attempts=1, timeout=timedelta(minutes=1))
def probe(_target: str) -> None:
    """Do nothing: that it was done is what is waited for."""
