"""Notable lines on their way to the database."""

from uuid import UUID

from kernel.observability.notable import notable
from kernel.traced.models import TracedLine

#: How long a line is in memory only: what a process that is killed forgets.
WRITTEN_AFTER_SECONDS = 5.0
#: Lines that one statement writes.
WRITTEN_AT_ONCE = 500


def write() -> None:
    """Write down what processes have said; while the database is away it is lost here."""
    rows = [
        TracedLine(
            trace_id=UUID(one.trace),
            request_id=one.request,
            at=one.at,
            level=one.level,
            logger=one.logger,
            # PostgreSQL keeps no NUL.
            line=one.line.replace("\0", "\N{REPLACEMENT CHARACTER}"),
        )
        for one in notable.take()
    ]
    TracedLine.objects.bulk_create(rows, batch_size=WRITTEN_AT_ONCE)
