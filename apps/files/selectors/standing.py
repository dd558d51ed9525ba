"""How scanning stands, for readiness and Prometheus."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from apps.files.adapters.scanners import clamd
from apps.files.domain.verdicts import BASIC_CHECK
from apps.files.errors import ScannerUnavailableError
from apps.files.models import WAITING, Blob
from kernel import clock
from kernel.observability.figures import Figure, Figures, tell
from kernel.observability.health import DegradedError

#: Readiness has a second for all its checks.
ASK_SECONDS = 0.5


class ScanFigures(Figures):
    """How long files wait to be scanned."""

    of = "files"
    figures = (
        Figure(
            "files_quarantined_oldest_seconds",
            "How long the oldest file of any tenant has waited to be scanned.",
        ),
    )

    def counted(self) -> Iterator[GaugeMetricFamily]:
        yield self.figures[0].family(waiting_seconds())


FIGURES = ScanFigures()
tell(FIGURES)


def waiting_seconds() -> float:
    """Return how long the oldest file of any tenant has waited to be scanned; 0 when none does."""
    waiting = Blob.across_tenants.filter(state__in=WAITING)
    oldest = waiting.order_by("created_at").values_list("created_at", flat=True).first()
    return 0 if oldest is None else (clock.now() - oldest).total_seconds()


def check() -> str:
    """Say for readiness who scans. Whether it answers or not, work may be sent here: files wait."""
    asked = clamd()
    if asked is None:
        return f"{BASIC_CHECK} only"
    try:
        return asked.version(ASK_SECONDS)
    except ScannerUnavailableError as error:
        raise DegradedError(f"{error}; files wait in quarantine") from None
