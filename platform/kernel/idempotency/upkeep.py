"""Keys are kept for a day."""

from datetime import timedelta

from kernel import clock
from kernel.idempotency.models import KeyedRequest
from kernel.jobs.registry import periodic

#: At least: whoever tries again later does something new.
KEPT = timedelta(hours=24)
#: Rows that one transaction deletes, so that it stays short.
DELETED_AT_ONCE = 1_000


@periodic("kernel.clear_keyed_requests", every=timedelta(hours=1))
def clear_keyed_requests(_target: str) -> None:
    """Delete what was done under keys longer than a day ago."""
    rows = KeyedRequest.across_tenants.filter(created_at__lt=clock.now() - KEPT)
    while found := list(rows.values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        rows.filter(pk__in=found).delete()
