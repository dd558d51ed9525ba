"""Steps that wait until the clock on somebody's wall shows a time."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.notifications.domain.walls import DAYS, WallTime
from apps.notifications.models import Notification
from apps.notifications.services.triggering import trigger
from kernel.testing.jobs import drain
from tests.notifications.people import StandingClock, person, send, workflow

BERLIN, SAMOA = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Apia")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "told", "now", "then"),
    [
        # A Tuesday.
        (BERLIN, {"at": "08:00"}, "2026-03-03T06:59:59", "2026-03-03T07:00"),
        (BERLIN, {"at": "08:00"}, "2026-03-03T07:00:00", "2026-03-04T07:00"),
        (BERLIN, {"at": "08:00", "on": ["mon", "thu"]}, "2026-03-03T07:00", "2026-03-05T07:00"),
        (BERLIN, {"at": "08:00", "on": ["tue"]}, "2026-03-03T07:00", "2026-03-10T07:00"),
        # By tomorrow it is summer.
        (BERLIN, {"at": "08:00"}, "2026-03-28T12:00", "2026-03-29T06:00"),
        # There is no half past two: the clock shows half past three.
        (BERLIN, {"at": "02:30"}, "2026-03-28T12:00", "2026-03-29T01:30"),
        # And twice in autumn: the first.
        (BERLIN, {"at": "02:30"}, "2026-10-24T12:00", "2026-10-25T00:30"),
        (BERLIN, {"at": "02:30"}, "2026-10-25T00:30", "2026-10-26T01:30"),
        # The wall is a day ahead.
        (SAMOA, {"at": "00:10", "on": ["wed"]}, "2026-03-03T11:00", "2026-03-03T11:10"),
    ],
)
def test_it_is_the_next_moment_at_which_the_wall_shows_it(
    zone: ZoneInfo, told: dict[str, object], now: str, then: str
) -> None:
    assert WallTime.of(told).after(at(now), zone) == at(then)


@given(
    st.integers(0, 10 * 366 * 86_400),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    st.times(),
    st.sets(st.sampled_from(DAYS), min_size=1),
)
def test_it_comes_within_a_week_on_one_of_its_days(
    second: int, name: str, clock: time, days: set[str]
) -> None:
    zone, begin = ZoneInfo(name), at("2020-01-01") + timedelta(seconds=second)
    told = {"at": f"{clock:%H:%M}", "on": sorted(days)}

    moment = WallTime.of(told).after(begin, zone)

    wall = moment.astimezone(zone)
    assert begin < moment <= begin + timedelta(days=8, hours=2)
    # An hour that the zone leaves out moves it on within its day.
    assert DAYS[wall.weekday()] in days
    assert f"{wall:%M}" == f"{clock:%M}" or name == "Australia/Lord_Howe"


@pytest.mark.usefixtures("tenant")
def test_a_digest_is_told_when_the_wall_of_each_shows_the_time(moved: StandingClock) -> None:
    person("ada", time_zone="Europe/Berlin")
    person("bob", time_zone="America/New_York")
    workflow({"do": "digest", "at": "18:00"}, send("in_app"))
    for _ in range(2):
        trigger(workflow="w", subscribers=["ada", "bob"], data={"name": "X"})
        drain()
        moved.by(hours=1)

    told = {}
    # It is two in the afternoon in Greenwich, three in Berlin and nine in the morning in New York.
    for hour in range(14, 24):
        told[hour] = sorted(Notification.objects.values_list("subscriber__key", flat=True))
        moved.by(hours=1)
        drain()

    assert (told[16], told[17], told[22]) == ([], ["ada"], ["ada"])
    assert told[23] == ["ada", "bob"]
    assert set(Notification.objects.values_list("body", flat=True)) == {"2 of X"}
    assert Notification.objects.count() == 2


@pytest.mark.usefixtures("tenant")
def test_a_delay_waits_for_the_day(moved: StandingClock) -> None:
    person("ada", time_zone="Europe/Berlin")
    workflow({"do": "delay", "at": "09:00", "on": ["fri"]}, send("in_app"))
    trigger(workflow="w", subscribers=["ada"], data={"name": "X"})
    drain()

    # From noon of Tuesday until 8:00 of Friday in Greenwich.
    moved.by(days=2, hours=19, minutes=59)
    drain()
    before = Notification.objects.count()
    moved.by(minutes=1)
    drain()

    assert (before, Notification.objects.count()) == (0, 1)
