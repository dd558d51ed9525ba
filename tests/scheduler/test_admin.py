"""Pages of staff: the list, a schedule, a run, and what can be done there."""

from typing import Any

import pytest
from django.test import Client

from apps.scheduler.models import JobRun, JobSchedule
from kernel.identity.models import Tenant
from tests.scheduler.factories import NOON, fire, make, states, work

AT = NOON.replace(minute=0)
LIST = "/admin/scheduler/jobschedule/"


@pytest.fixture
def staff(tenant: Tenant) -> Client:
    from django.contrib.auth import get_user_model  # noqa: PLC0415  as the site is set up

    user = get_user_model().objects.create_superuser("root")
    client = Client()
    client.force_login(user)
    return client


def do(client: Client, path: str, **told: Any) -> Any:
    """Fill a form in, and say yes to what comes of it."""
    asked = client.post(path, told)
    done = client.post(path, told | {"confirmed": "yes"}, follow=True)
    return asked, done


def test_the_list_shows_when_and_how_it_went(staff: Client) -> None:
    schedule = make(cron="0 9 * * 1-5", time_zone="Europe/Amsterdam")
    make(name="off", enabled=False)
    fire(schedule, NOON.replace(hour=7, minute=0))
    work()

    page = staff.get(LIST).content.decode()

    assert "At 09:00 from Monday to Friday, Europe/Amsterdam" in page
    assert "1 of the last 1 runs succeeded" in page


def test_a_schedule_shows_its_next_times_warnings_and_runs(staff: Client) -> None:
    schedule = make(cron="30 2 * * *", time_zone="Europe/Amsterdam")
    fire(schedule, NOON.replace(hour=0, minute=30))
    work()
    (run,) = JobRun.objects.all()

    page = staff.get(f"{LIST}{schedule.pk}/change/").content.decode()
    of_run = staff.get(f"/admin/scheduler/jobrun/{run.pk}/change/").content.decode()

    assert "does not exist, so it fires right after the change of clocks" in page
    assert page.count("02:30:00") >= 8
    assert f"/admin/scheduler/jobrun/{run.pk}/change/" in page
    assert "succeeded" in of_run


def test_a_schedule_is_made_after_it_was_shown_when_it_would_be_due(
    staff: Client, tenant: Tenant
) -> None:
    told = {
        "tenant": str(tenant.pk),
        "name": "nightly",
        "cron": "30 2 * * *",
        "time_zone": "Europe/Amsterdam",
        "dst_policy": "vixie",
        "target_kind": "event",
        "target": "",
        "parameters": '{"a": 1}',
        "overlap": "skip",
    }

    asked, _done = do(staff, f"{LIST}create/", **told)
    wrong = staff.post(f"{LIST}create/", told | {"cron": "61 * * * *"}).content.decode()

    text = asked.content.decode()
    made = JobSchedule.objects.get()
    assert "At 02:30, Europe/Amsterdam." in text
    assert text.count("02:30:00") == 10
    assert "right after the change of clocks" in text
    assert "61 is not within 0 to 59, at character 1" in wrong
    assert (made.name, made.parameters, made.asked_by["kind"]) == ("nightly", {"a": 1}, "staff")


def test_a_schedule_is_changed_paused_resumed_and_run(staff: Client) -> None:
    schedule = make()
    path = f"{LIST}{schedule.pk}/"
    told = {
        "name": "hourly",
        "cron": "5 * * * *",
        "time_zone": "UTC",
        "dst_policy": "vixie",
        "target_kind": "event",
        "parameters": "{}",
        "overlap": "skip",
    }

    do(staff, f"{path}edit/", **told)
    do(staff, f"{path}pause/", note="the disk is full")
    schedule.refresh_from_db()
    paused = (schedule.cron, schedule.version, schedule.enabled, schedule.note)
    do(staff, f"{path}resume/")
    do(staff, f"{path}run/")
    schedule.refresh_from_db()

    assert paused == ("5 * * * *", 2, False, "the disk is full")
    assert schedule.enabled
    assert states(schedule) == ["queued"]


def test_times_are_run_again_after_they_were_counted(staff: Client) -> None:
    schedule = make()
    told = {"since": "2026-06-01T00:00:00", "until": "2026-06-01T03:00:00"}

    asked, _done = do(staff, f"{LIST}{schedule.pk}/backfill/", **told)

    assert "3 runs are made, one for each time." in asked.content.decode()
    assert states(schedule) == ["queued"] * 3


def test_a_run_is_stopped_or_given_up(staff: Client) -> None:
    first, second = make(name="a"), make(name="b")
    for schedule, verb in ((first, "cancel"), (second, "terminate")):
        (run,) = fire(schedule, AT)
        do(staff, f"/admin/scheduler/jobrun/{run.pk}/{verb}/")

    assert (states(first), states(second)) == (["cancelled"], ["terminated"])
