"""What is counted of events in the database for Prometheus; cheaply, and not for each scrape."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from kernel.events.here import transport
from kernel.events.selectors import group_states, outbox_count
from kernel.observability.figures import Figure, Figures, tell

WAITING = Figure("events_outbox_waiting", "Events that wait for the relay.")
AGE = Figure("events_outbox_age_seconds", "How long the oldest of them has waited.")
#: Of each group, by the name of what is known of it.
OF_GROUPS = {
    name: Figure(f"events_group_{told}", meaning, ("group",))
    for name, told, meaning in (
        ("lag_events", "lag_events", "Events that a group has not been brought."),
        (
            "lag_seconds",
            "lag_seconds",
            "How long the oldest event has waited that a group has not handled.",
        ),
        ("waiting_again", "waiting_again", "Events that are tried again."),
        ("dead", "dead_letters", "Dead letters that nobody has settled."),
        ("paused", "paused", "1 while a group is paused."),
    )
}


class DatabaseFigures(Figures):
    """What is counted of events."""

    of = "events"
    figures = (WAITING, AGE, *OF_GROUPS.values())

    def counted(self) -> Iterator[GaugeMetricFamily]:
        return _counted()


def _counted() -> Iterator[GaugeMetricFamily]:
    outbox = outbox_count()
    yield WAITING.family(outbox.waiting)
    yield AGE.family(outbox.waiting_seconds)
    states = group_states(transport())
    for name, figure in OF_GROUPS.items():
        family = figure.family()
        for state in states:
            if (found := getattr(state, name)) is not None:
                family.add_metric([state.group], float(found))
        yield family


FIGURES = DatabaseFigures()
tell(FIGURES)
