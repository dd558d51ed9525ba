"""Lines are kept for some days, and never more than so many."""

from datetime import timedelta

from kernel import clock
from kernel.jobs.registry import periodic
from kernel.jobs.upkeep import delete_all
from kernel.traced.models import TracedLine

KEPT = timedelta(days=3)
MOST_KEPT = 100_000


@periodic("kernel.clear_lines", every=timedelta(minutes=10))
def clear_lines(_target: str) -> None:
    """Delete the oldest lines: they were written in the order of their keys."""
    newest = TracedLine.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    delete_all(TracedLine.objects.filter(pk__lte=newest - MOST_KEPT))
    before = clock.now() - KEPT
    while (old := TracedLine.objects.order_by("pk").values_list("pk", "at")[:1_000]) and old[0][
        1
    ] < before:
        TracedLine.objects.filter(pk__in=[pk for pk, at in old if at < before]).delete()
