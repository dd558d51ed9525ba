"""Days are kept as long as they are shown."""

from datetime import timedelta

from kernel import clock
from kernel.jobs.registry import periodic
from kernel.jobs.upkeep import delete_all
from kernel.uptime.models import UptimeDay
from kernel.uptime.selectors import DAYS


@periodic("kernel.clear_uptime", every=timedelta(days=1))
def clear_uptime(_target: str) -> None:
    """Delete the days that nobody is shown any more."""
    delete_all(UptimeDay.objects.filter(day__lt=clock.now().date() - timedelta(days=DAYS)))
