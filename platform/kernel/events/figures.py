"""What is counted of events in the database for Prometheus; cheaply, and not for each scrape."""

from collections.abc import Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily

from kernel.events.here import transport
from kernel.events.selectors import group_states, outbox_count
from kernel.observability.figures import Figures


class DatabaseFigures(Figures):
    """What is counted of events."""

    of = "events"

    def counted(self) -> Iterator[GaugeMetricFamily]:
        return _counted()


def _counted() -> Iterator[GaugeMetricFamily]:
    outbox = outbox_count()
    yield GaugeMetricFamily(
        "events_outbox_waiting", "Events that wait for the relay.", value=outbox.waiting
    )
    yield GaugeMetricFamily(
        "events_outbox_age_seconds",
        "How long the oldest of them has waited.",
        value=outbox.waiting_seconds,
    )
    figures = {
        "events_group_lag_events": ("Events that a group has not been brought.", "lag_events"),
        "events_group_lag_seconds": (
            "How long the oldest event has waited that a group has not handled.",
            "lag_seconds",
        ),
        "events_group_waiting_again": ("Events that are tried again.", "waiting_again"),
        "events_group_dead_letters": ("Dead letters that nobody has settled.", "dead"),
        "events_group_paused": ("1 while a group is paused.", "paused"),
    }
    states = group_states(transport())
    for name, (told, column) in figures.items():
        family = GaugeMetricFamily(name, told, labels=["group"])
        for state in states:
            if (found := getattr(state, column)) is not None:
                family.add_metric([state.group], float(found))
        yield family


FIGURES = DatabaseFigures()
REGISTRY.register(FIGURES)
