"""What is counted of notifications for Prometheus, also by processes that send none."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from apps.notifications.models import NotificationProvider
from kernel import clock
from kernel.observability.figures import Figure, Figures, tell


class ProviderFigures(Figures):
    """How many breakers are open."""

    of = "notification providers"
    figures = (
        Figure(
            "notifications_providers_resting",
            "Providers of all tenants that have failed too often, and are left alone.",
        ),
    )

    def counted(self) -> Iterator[GaugeMetricFamily]:
        resting = NotificationProvider.across_tenants.filter(rests_until__gt=clock.now())
        yield self.figures[0].family(resting.count())


FIGURES = ProviderFigures()
tell(FIGURES)
