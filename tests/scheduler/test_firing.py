"""What the engine makes of times that have come."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.scheduler.models import JobRun, JobSchedule
from apps.scheduler.services import firing
from apps.scheduler.services.firing import fire_due, fire_some
from apps.scheduler.services.life import pause_schedule
from apps.scheduler.services.schedules import update_schedule
from contracts.scheduler import ScheduleMisfired
from kernel import clock
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.events import told
from kernel.testing.tenants import make_tenant
from tests.scheduler.factories import HOUR, NOON, due_at, fire, job_of, make, runs

pytestmark = pytest.mark.usefixtures("tenant")

AT = NOON.replace(minute=0)


def test_a_time_that_has_come_has_one_run_with_its_job_however_often_one_looks() -> None:
    schedule = make()
    due_at(schedule, AT)

    fired = [fire_due(AT + timedelta(seconds=1)) for _ in range(3)]

    (run,) = runs(schedule)
    schedule.refresh_from_db()
    assert fired == [1, 0, 0]
    assert (run.fire_time, run.kind, run.state) == (AT, "scheduled", "queued")
    assert job_of(run).target == str(run.pk)
    assert (schedule.next_run_at, schedule.runs_made) == (AT + HOUR, 1)


def test_a_time_that_has_a_run_gets_no_other_when_the_clock_goes_back() -> None:
    schedule = make()
    fire(schedule, AT)

    found = fire(schedule, AT, AT + timedelta(seconds=30))

    assert [run.fire_time for run in found] == [AT]


def test_after_an_hour_that_the_clock_went_ahead_each_time_has_one_run() -> None:
    schedule = make(misfire="fire_all", catch_up_seconds=86_400)
    due_at(schedule, AT)
    for now in (AT, AT + 24 * HOUR, AT + HOUR, AT - HOUR, AT + 25 * HOUR):
        fire_due(now)

    times = [run.fire_time for run in runs(schedule)]

    assert len(times) == len(set(times))
    assert {AT, AT + 24 * HOUR, AT + 25 * HOUR} <= set(times)


def test_times_that_nobody_was_there_for_are_told_of() -> None:
    schedule = make(misfire="skip")

    found = fire(schedule, AT, AT + 5 * HOUR)

    assert [run.fire_time for run in found] == [AT + 5 * HOUR]
    assert [event.left_out for event in told(ScheduleMisfired)] == [5]


def test_what_is_off_or_not_due_yet_or_another_tenants_is_left_alone(tenant: Tenant) -> None:
    off, later = make(name="off"), make(name="later")
    JobSchedule.objects.filter(pk=off.pk).update(enabled=False, next_run_at=AT)
    due_at(later, AT + HOUR)
    other = make_tenant()
    with in_tenant(other.pk):
        theirs = make()
        due_at(theirs, AT)

    fired = fire_due(AT)

    assert fired == 1
    assert JobRun.objects.count() == 0
    assert JobRun.across_tenants.get().tenant_id == other.pk


def test_a_schedule_ends_after_as_many_runs_as_it_says() -> None:
    schedule = make(maximum_runs=2, misfire="fire_all", catch_up_seconds=86_400)

    found = fire(schedule, AT, AT + 5 * HOUR)

    schedule.refresh_from_db()
    assert len(found) == 2
    assert schedule.next_run_at is None
    assert fire_due(AT + 9 * HOUR) == 0


def test_a_change_holds_from_the_next_look_on() -> None:
    schedule = make()
    fire(schedule, AT)
    due_at(schedule, clock.now() + HOUR)

    update_schedule(id=str(schedule.pk), cron="30 * * * *")

    schedule.refresh_from_db()
    assert schedule.next_run_at is not None
    assert schedule.next_run_at.minute == 30
    assert [run.version for run in runs(schedule)] == [1]


@pytest.mark.parametrize("change", [{"cron": "30 * * * *"}, {"enabled": False}])
def test_what_was_due_already_is_run_as_it_was_said_until_a_change(change: Any) -> None:
    schedule = make()
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    due_at(schedule, hour)

    update_schedule(id=str(schedule.pk), **change)

    (run,) = runs(schedule)
    assert (run.fire_time, run.version) == (hour, 1)
    fire_due(hour + HOUR / 4)
    assert len(runs(schedule)) == 1


def test_what_was_due_already_is_run_although_it_is_paused() -> None:
    schedule = make()
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    due_at(schedule, hour)

    pause_schedule(id=str(schedule.pk))

    assert [run.fire_time for run in runs(schedule)] == [hour]


def test_a_run_with_jitter_begins_later_and_keeps_its_time() -> None:
    schedule = make(jitter_seconds=3_600)

    (run,) = fire(schedule, AT)

    begins = job_of(run).run_at
    assert run.fire_time == AT
    assert AT <= begins <= AT + HOUR


def test_a_schedule_that_cannot_be_read_any_more_holds_up_no_other() -> None:
    broken, sound = make(name="broken"), make(name="sound")
    JobSchedule.objects.filter(pk=broken.pk).update(time_zone="Atlantis/Capital")
    for schedule in (broken, sound):
        due_at(schedule, AT)

    fire_due(AT)

    broken.refresh_from_db()
    assert len(runs(sound)) == 1
    assert (broken.enabled, broken.next_run_at, runs(broken)) == (False, None, [])
    assert broken.note.startswith("turned off: ")


def test_a_look_with_nothing_due_is_one_statement(django_assert_num_queries: object) -> None:
    for number in range(5):
        make(name=str(number))

    with django_assert_num_queries(1):  # type: ignore[operator]  # a fixture of pytest-django
        assert fire_due(NOON - timedelta(days=9_000)) == 0


def looked(now: Any) -> int:
    """Return by how many statements what is due at a time is made."""
    with CaptureQueriesContext(connection) as queries:
        fire_due(now)
    return len([one for one in queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))])


def test_however_many_are_due_and_however_they_say_so_the_statements_are_as_many() -> None:
    counts = []
    for number in (1, 7):
        made = [make(name=str(one), cron=f"{one} * * * *") for one in range(number)]
        for schedule in made:
            due_at(schedule, AT + timedelta(minutes=int(schedule.name)))
        counts.append(looked(AT + timedelta(minutes=10)))
        assert [len(runs(one)) for one in made] == [1] * number
        JobSchedule.objects.all().delete()

    # What is due, the claim, the runs, the turn of their jobs, these, and when each is due next;
    # of those that are late also that times were left out.
    assert counts == [6, 6]


def test_times_are_made_up_for_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firing, "MOST_RUNS", 5)
    made = [make(name=str(n), misfire="fire_all", catch_up_seconds=86_400) for n in range(3)]
    for schedule in made:
        due_at(schedule, AT)

    some = fire_some(AT + 3 * HOUR)
    rest = fire_due(AT + 3 * HOUR)

    assert (some, rest) == ((2, True), 1)
    assert [len(runs(one)) for one in made] == [4] * 3


def test_what_is_due_by_the_same_words_is_run_each_with_its_own(tenant: Tenant) -> None:
    made = [
        make(name=str(n), parameters={"n": n}, grace_seconds=60 * n, maximum_runs=n)
        for n in range(3)
    ]
    for schedule in made:
        due_at(schedule, AT)

    fire_due(AT)

    found = [runs(one)[0] for one in made]
    assert [run.parameters for run in found] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert [run.late_at for run in found] == [None, *(AT + timedelta(minutes=n) for n in (1, 2))]
    assert [run.asked_by for run in found] == [one.asked_by for one in made]
    assert {job_of(run).tenant_id for run in found} == {tenant.pk}
    for schedule in made:
        schedule.refresh_from_db()
    assert [one.next_run_at for one in made] == [AT + HOUR, None, AT + HOUR]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_another_scheduler_holds_is_left_to_it_and_keeps_nothing_else_waiting(
    tenant: Tenant,
) -> None:
    held, free = make(name="held"), make(name="free")
    for schedule in (held, free):
        due_at(schedule, AT)
    locked, let_go = Event(), Event()

    def hold() -> None:
        with in_tenant(tenant.pk), transaction.atomic():
            JobSchedule.objects.select_for_update().get(pk=held.pk)
            locked.set()
            let_go.wait(60)
        connection.close()

    with ThreadPoolExecutor(1) as other:
        holding = other.submit(hold)
        assert locked.wait(60)
        with connection.cursor() as cursor:
            # Waiting is an error, and no test that hangs.
            cursor.execute("SET lock_timeout = '5s'")
        fired = fire_due(AT)
        let_go.set()
        holding.result()

    assert (fired, len(runs(held)), len(runs(free))) == (1, 0, 1)
    assert fire_due(AT) == 1
