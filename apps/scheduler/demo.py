"""Demo data: a few job schedules to look at."""

from apps.scheduler.models import JobSchedule
from apps.scheduler.services import create_schedule


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not JobSchedule.objects.exists():
        _make()
    return f"{JobSchedule.objects.count():,} job schedules"


def _make() -> None:
    create_schedule(name="nightly runway import", cron="0 3 * * *", time_zone="Europe/Amsterdam")
    create_schedule(name="weekly audit report", cron="0 8 * * 1", time_zone="America/New_York")
