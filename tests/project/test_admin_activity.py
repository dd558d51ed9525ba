"""Charts of the back office: each row counted once, in its hour, and shown by one question."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contracts.staff import StaffActed
from kernel import clock
from kernel.activity import counting, of_kernel
from kernel.activity.counting import KINDS, LATER, count_kind
from kernel.activity.models import ActivityHour
from kernel.activity.of_kernel import HANDLED, write
from kernel.events.models import Handled
from kernel.events.publishing import publish
from kernel.events.tallies import tallies
from kernel.identity.models import Tenant
from kernel.jobs.models import Job
from kernel.jobs.registry import REGISTRY
from kernel.testing.events import drain_events

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """What the clock says; a test changes it."""
    told = [NOON]
    monkeypatch.setattr(clock, "now", lambda: told[0])
    return told


def ended(at: datetime, state: str = "done", seconds: float = 2) -> None:
    Job.objects.create(
        name="kernel.x",
        queue="kernel",
        state=state,
        started_at=at - timedelta(seconds=seconds),
        finished_at=at,
    )


def hours() -> dict[tuple[int, str], tuple[int, float]]:
    rows = ActivityHour.objects.filter(kind="kernel.jobs")
    return {(row.hour.hour, row.outcome): (row.count, row.seconds) for row in rows}


def test_each_row_is_counted_once_in_its_hour(now: list[datetime]) -> None:
    ended(NOON - timedelta(hours=1))
    ended(NOON - timedelta(minutes=20))
    ended(NOON - timedelta(minutes=15), "failed", 4)
    ended(NOON - timedelta(minutes=5))

    for _ in range(2):
        count_kind("kernel.jobs")
    first = hours()
    now[0] += timedelta(minutes=10)
    count_kind("kernel.jobs")

    assert first == {(11, "done"): (1, 2.0), (12, "done"): (1, 2.0), (12, "failed"): (1, 4.0)}
    assert hours() == first | {(12, "done"): (2, 4.0)}


def test_a_count_that_failed_is_made_again_and_nothing_twice(
    now: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(NOON - timedelta(hours=2))
    ended(NOON - timedelta(minutes=20))
    whole = counting._count

    def cut_off(name: str, hour: datetime, since: datetime, until: datetime) -> None:
        if hour == NOON.replace(minute=0):
            raise ConnectionError
        whole(name, hour, since, until)

    with monkeypatch.context() as patch:
        patch.setattr(counting, "_count", cut_off)
        with pytest.raises(ConnectionError):
            count_kind("kernel.jobs")
    half = hours()
    count_kind("kernel.jobs")

    assert half == {(10, "done"): (1, 2.0)}
    assert hours() == {(10, "done"): (1, 2.0), (12, "done"): (1, 2.0)}


def test_rows_are_found_by_an_index(now: list[datetime]) -> None:
    # A table with few rows is read whole, whatever its indexes.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    for kind in KINDS.values():
        if kind.within is None:
            continue
        plan = kind.within(now[0] - timedelta(hours=1), now[0]).order_by().explain()
        by_index = {"sqlite": "SEARCH", "postgresql": "Index Cond"}[connection.vendor]
        assert by_index in plan, plan
        assert "SCAN " not in plan, plan


def test_every_kind_is_counted_by_a_job_of_its_app() -> None:
    assert set(KINDS) == {
        *("kernel.jobs", "kernel.events", "notifications.deliveries", "scheduler.runs"),
        *("importexport.imports", "importexport.exports", HANDLED),
    }
    for name in KINDS.keys() - {HANDLED}:
        app, _, noun = name.partition(".")
        REGISTRY[f"{app}.count_{noun}"].function("")


def handled() -> dict[tuple[int, str], tuple[int, float, int]]:
    rows = ActivityHour.objects.filter(kind=HANDLED)
    return {(row.hour.hour, row.outcome): (row.count, row.seconds, row.timed) for row in rows}


def test_what_a_process_has_handled_is_added_to_its_hour_with_how_late_it_was(
    now: list[datetime],
) -> None:
    tallies.take()
    tallies.handled([NOON - timedelta(seconds=2), NOON - timedelta(seconds=1)])
    tallies.failed("dead")
    write()
    now[0] += timedelta(hours=1)
    tallies.handled([now[0]])
    tallies.handled([])
    write()
    tallies.handled([now[0] - timedelta(seconds=4)])
    write()
    write()

    assert handled() == {
        (12, "handled"): (2, 3.0, 2),
        (12, "dead"): (1, 0.0, 0),
        (13, "handled"): (2, 4.0, 2),
    }


def test_what_could_not_be_written_down_is_written_later_and_once(
    now: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    tallies.take()
    tallies.handled([NOON])
    tallies.failed("failed")

    def away(*_told: object, **_more: object) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(of_kernel, "add", away)
        with pytest.raises(OperationalError):
            write()
    write()

    assert handled() == {(12, "handled"): (1, 0.0, 1), (12, "failed"): (1, 0.0, 0)}


def test_an_event_is_counted_when_its_group_has_handled_it(tenant: Tenant) -> None:
    tallies.take()
    acted = StaffActed(app="kernel", model="Cache", action="forget", count=1, object_ids=())
    publish(acted, tenant_id=tenant.pk)
    drain_events()

    (tally,) = [one for (_, outcome), one in tallies.take().items() if outcome == "handled"]
    assert tally.count == tally.timed == Handled.objects.count() > 0
    assert 0 <= tally.seconds < 600


@pytest.mark.parametrize("asked", ["24", "168", "nothing"])
def test_the_page_shows_figures_and_charts_by_one_question(now: list[datetime], asked: str) -> None:
    browser = Client()
    browser.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    for hour in range(20):
        ended(NOON - timedelta(hours=hour, minutes=25), "failed" if hour == 3 else "done")
    count_kind("kernel.jobs")

    with CaptureQueriesContext(connection) as queries:
        page = browser.get("/admin/activity/", {"hours": asked}).content.decode()

    assert "Jobs that ended: 20, 5.00 % failed, 2.00 s each" in page
    assert page.count("<rect") == 2 * (28 if asked == "168" else 24)
    assert len([one for one in queries if "activity_activityhour" in one["sql"]]) == 1
    assert not [one for one in queries if 'FROM "jobs_job"' in one["sql"]]


def test_staff_see_the_kinds_of_work_that_they_may_see(now: list[datetime]) -> None:
    ended(NOON - LATER - timedelta(minutes=1))
    count_kind("kernel.jobs")
    pages = []
    for names in (["view_activityhour"], ["view_activityhour", "view_job"], ["view_job"]):
        person = User.objects.create(username="-".join(names), is_staff=True)
        person.user_permissions.set(Permission.objects.filter(codename__in=names))
        browser = Client()
        browser.force_login(person)
        pages.append(browser.get("/admin/activity/"))

    assert ["Jobs that ended" in page.content.decode() for page in pages] == [False, True, False]
    assert [page.status_code for page in pages] == [200, 200, 403]
