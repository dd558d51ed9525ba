"""The history of health: a row a day, whoever looks and whatever is away meanwhile."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from kernel import clock
from kernel.observability.health import Finding
from kernel.uptime import recording
from kernel.uptime.models import UptimeDay
from kernel.uptime.recording import MOST_CHANGES, Recorder, record
from kernel.uptime.selectors import DAYS, histories
from kernel.uptime.upkeep import clear_uptime

pytestmark = [pytest.mark.django_db]

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
OK, SLOW, DOWN = Finding("ok", ""), Finding("degraded", "slow"), Finding("down", "refused")


def minutes(begin: datetime, *found: Finding, part: str = "redis") -> datetime:
    """Look once a minute; return when the next look would be."""
    for number, finding in enumerate(found):
        record(begin + timedelta(minutes=number), {part: finding})
    return begin + timedelta(minutes=len(found))


def test_time_counts_as_the_state_that_it_began_in_and_changes_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    end = minutes(NOON, OK, OK, DOWN, DOWN, DOWN, SLOW, OK, OK)
    monkeypatch.setattr(clock, "now", lambda: end)

    history = histories()["redis"]

    today = history.days[-1]
    assert (today.state, today.ok, today.degraded, today.down) == ("down", 180, 60, 180)
    assert history.uptime == pytest.approx(240 / 420)
    assert [(one.at, one.state, one.detail) for one in history.changes] == [
        ("12:02", "down", "refused"),
        ("12:05", "degraded", "slow"),
        ("12:06", "ok", ""),
    ]
    assert [day.state for day in history.days[:-1]] == ["unknown"] * (DAYS - 1)


def test_a_minute_counts_once_however_many_processes_look() -> None:
    for _ in range(3):
        minutes(NOON + timedelta(seconds=5 * _), OK, DOWN)

    row = UptimeDay.objects.get()
    assert (row.ok_seconds, row.down_seconds, len(row.changes)) == (60, 0, 1)


def test_time_that_nobody_has_looked_is_not_known() -> None:
    minutes(NOON, OK, OK)
    minutes(NOON + timedelta(hours=2), OK, OK)

    assert UptimeDay.objects.get().ok_seconds == 120


def test_midnight_parts_what_goes_on() -> None:
    minutes(NOON.replace(hour=23, minute=59, second=20), DOWN, DOWN)

    first, second = UptimeDay.objects.order_by("day")
    assert (first.down_seconds, second.down_seconds) == (0, 20)
    assert (len(first.changes), second.changes) == (1, [])


def test_what_comes_and_goes_all_day_keeps_to_its_row() -> None:
    minutes(NOON, *[OK, DOWN] * 40)

    assert len(UptimeDay.objects.get().changes) == MOST_CHANGES


def test_an_outage_of_the_database_is_in_the_history_too(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"database": OK}
    now = [NOON]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    recorder = Recorder(lambda: dict(found))
    recorder.write()

    def away(*_: Any) -> None:
        raise DatabaseError

    found["database"] = DOWN
    for _ in range(2):
        now[0] += timedelta(minutes=1)
        with monkeypatch.context() as patch:
            patch.setattr(recording, "record", away)
            with pytest.raises(DatabaseError):
                recorder.write()
    found["database"] = OK
    now[0] += timedelta(minutes=1)
    recorder.write()

    row = UptimeDay.objects.get()
    assert (row.ok_seconds, row.down_seconds) == (60, 120)
    assert [state for _, state, _ in row.changes] == ["down", "ok"]


def test_a_look_and_the_page_ask_a_fixed_number_of_questions(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Callable[[int], Any]
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=1))
    parts = {f"part {number}": OK for number in range(30)}
    record(NOON, parts)

    # A savepoint of the test's transaction: two statements of these.
    with django_assert_num_queries(4):
        record(NOON + timedelta(minutes=1), parts)
    with django_assert_num_queries(1):
        assert len(histories()) == 30


def test_days_that_are_shown_no_more_are_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    for days in (DAYS - 1, DAYS + 1):
        record(NOON - timedelta(days=days), {"redis": OK})
    monkeypatch.setattr(clock, "now", lambda: NOON)

    clear_uptime("")

    assert [row.day for row in UptimeDay.objects.all()] == [
        (NOON - timedelta(days=DAYS - 1)).date()
    ]
