"""Demo data: a few job schedules to look at."""

from datetime import timedelta

from apps.scheduler.adapters.clock import database_now
from apps.scheduler.models import JobSchedule, TargetKind
from apps.scheduler.services.life import backfill, run_now
from apps.scheduler.services.schedules import create_schedule


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not JobSchedule.objects.exists():
        _make()
    return f"{JobSchedule.objects.count():,} job schedules"


def _make() -> None:
    nightly = create_schedule(
        name="nightly runway import",
        cron="0 3 * * *",
        time_zone="Europe/Amsterdam",
        tags=["runways"],
        grace_seconds=3_600,
    )
    create_schedule(name="weekly audit report", cron="0 8 * * 1", time_zone="America/New_York")
    create_schedule(
        name="backup of the tower",
        cron="30 1 * * *",
        time_zone="Europe/Amsterdam",
        target_kind=TargetKind.PING,
        grace_seconds=1_800,
    )
    create_schedule(name="half-hourly look at the weather", cron="*/30 * * * *", tags=["weather"])
    run_now(id=str(nightly.pk))
    now = database_now()
    backfill(id=str(nightly.pk), since=now - timedelta(days=14), until=now)
