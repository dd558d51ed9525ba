"""Hours are kept for a month."""

from datetime import timedelta

from kernel import clock
from kernel.activity.models import ActivityHour
from kernel.jobs.registry import periodic
from kernel.jobs.upkeep import delete_all

KEPT = timedelta(days=31)


@periodic("kernel.clear_activity", every=timedelta(days=1))
def clear_activity(_target: str) -> None:
    """Delete the hours that nobody is shown any more."""
    delete_all(ActivityHour.objects.filter(hour__lt=clock.now() - KEPT))
