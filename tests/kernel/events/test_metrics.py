"""Figures of events: what is counted while it happens, and what the database is asked, rarely."""

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from prometheus_client import REGISTRY

from kernel.errors import ConflictError
from kernel.events import figures
from kernel.events.control import pause
from kernel.events.figures import DatabaseFigures
from kernel.events.in_process import InProcess
from kernel.events.relay import Relay
from kernel.testing.events import drain_events
from tests.kernel.events.factories import Failing, group, tell
from tests.kernel.jobs.factories import MovableClock

pytestmark = pytest.mark.django_db

GROUP = {"group": "tests.watch"}


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def counted(found: DatabaseFigures) -> dict[tuple[str, str], float]:
    """Return the figures by name and group."""
    return {
        (sample.name, sample.labels.get("group", "")): sample.value
        for family in found.collect()
        for sample in family.samples
    }


def test_what_happens_to_events_is_counted() -> None:
    group(fails=Failing(("a", 1), error=ConflictError("no")))
    names = ("handled_total", "failed_total", "dead_total", "handler_seconds_count")
    before = {name: value(f"events_{name}", **GROUP) for name in names}
    relayed = value("events_relayed_total")
    tell(("a", 1), ("b", 1), ("c", 1))

    relay = Relay(InProcess(isolated=False))
    relay.step()
    assert value("events_relay_active") == 1
    relay.stop()
    tell(("d", 1))
    drain_events()

    assert value("events_relayed_total") - relayed == 3
    assert value("events_relay_active") == 0
    after = {name: value(f"events_{name}", **GROUP) - before[name] for name in names}
    assert (after["handled_total"], after["failed_total"], after["dead_total"]) == (3, 1, 1)
    assert after["handler_seconds_count"] >= 4


def test_lag_and_outbox_are_told_by_group(moved: MovableClock) -> None:
    group(fails=Failing(("a", 1), error=ConflictError("no")))
    tell(("a", 1))
    drain_events()
    tell(("b", 1), ("c", 1))
    moved.by(seconds=7)
    pause("tests.watch")

    found = counted(DatabaseFigures())

    assert found["events_outbox_waiting", ""] == 3
    assert found["events_outbox_age_seconds", ""] == 7
    assert found["events_group_lag_events", "tests.watch"] == 2
    assert found["events_group_lag_seconds", "tests.watch"] == 7
    assert found["events_group_dead_letters", "tests.watch"] == 1
    assert found["events_group_paused", "tests.watch"] == 1


def test_the_database_is_not_asked_for_each_scrape(monkeypatch: pytest.MonkeyPatch) -> None:
    group()
    told = DatabaseFigures()
    with CaptureQueriesContext(connection) as first:
        before = counted(told)
    with CaptureQueriesContext(connection) as second:
        after = counted(told)

    assert len(first) <= 10
    assert len(second) == 0
    assert after == before


def test_a_scrape_is_answered_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(figures, "outbox_count", away)

    assert counted(DatabaseFigures()) == {}
    assert "figures of events could not be counted" in caplog.text
