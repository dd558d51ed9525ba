"""What is counted of audit logs for Prometheus, also by processes that seal nothing."""

from collections.abc import Iterator

from django.db import DatabaseError
from prometheus_client.core import GaugeMetricFamily

from apps.audit.selectors.standing import waiting_seconds
from kernel.observability.figures import Figure, Figures, tell


class LogFigures(Figures):
    """How late sealing is."""

    of = "audit logs"
    figures = (
        Figure(
            "audit_unsealed_oldest_seconds",
            "How long the oldest log of any tenant has waited to be sealed.",
        ),
    )

    def counted(self) -> Iterator[GaugeMetricFamily]:
        yield self.figures[0].family(waiting_seconds())


FIGURES = LogFigures()
tell(FIGURES)


def check() -> str:
    """Say for readiness whether sealing keeps up. Whatever it is, work may be sent here."""
    try:
        seconds = waiting_seconds()
    except DatabaseError:
        return "it cannot be told"
    return f"the oldest log waits to be sealed for {seconds:.0f} s" if seconds >= 1 else "sealed"
