"""Pages of staff: the list, a schedule, a run, and what can be done there."""

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from apps.scheduler.models import JobRun, JobSchedule
from apps.scheduler.services.schedules import update_schedule
from kernel.identity.models import Tenant
from tests.scheduler.factories import NOON, do, fire, make, states, work

AT = NOON.replace(minute=0)
LIST = "/admin/scheduler/jobschedule/"


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


def test_a_schedule_shows_what_was_changed_and_by_whom(staff: Client) -> None:
    schedule = make(cron="30 2 * * *", tags=["tower", "night"])
    update_schedule(id=str(schedule.pk), cron="45 3 * * *", parameters={"a": "x" * 100})

    page = staff.get(f"{LIST}{schedule.pk}/change/").content.decode()

    assert "cron: 30 2 * * * → 45 3 * * *; parameters: {} → {&quot;a&quot;: " in page
    assert "x" * 40 + "…" not in page
    assert "tower, night" in page
    assert ">made<" in page.replace("\n", "").replace(" ", "")


@pytest.mark.parametrize(
    ("said", "shown", "hidden"),
    [
        ({"cron": "30 2 * * *"}, ["Cron", "To look at"], ["Rule", "Follows", "Anchor at"]),
        (
            {"kind": "rule", "rule": "FREQ=MONTHLY;BYDAY=-1FR", "cron": ""},
            *(["Rule", "Anchor at"], ["Cron", "Follows", "To look at"]),
        ),
        (
            {"kind": "interval", "every_seconds": 900, "cron": ""},
            *(["Anchor at"], ["Cron", "Rule", "Dst policy"]),
        ),
        (
            {
                "calendar": {
                    "country": "DE",
                    "subdivision": "BY",
                    "holidays": True,
                    "except": ["2026-12-24"],
                    "roll": "next",
                }
            },
            *(["public holidays, 2026-12-24 (DE-BY): moved to the next open day"], []),
        ),
    ],
)
def test_a_schedule_shows_what_its_kind_has(
    staff: Client, said: dict[str, Any], shown: list[str], hidden: list[str]
) -> None:
    schedule = make(**said)

    page = staff.get(f"{LIST}{schedule.pk}/change/")

    told = unescape(strip_tags(page.content.decode()))
    lines = {line.strip() for line in told.splitlines()}
    assert [one for one in shown if one not in lines] == []
    assert [one for one in hidden if one in lines] == []


def test_what_follows_a_schedule_leads_to_it(staff: Client) -> None:
    first = make(name="nightly import")
    second = make(name="report", kind="after", cron="", after_id=str(first.pk))

    page = staff.get(f"{LIST}{second.pk}/change/").content.decode()

    assert f'href="{LIST}{first.pk}/change/"' in page
    assert "nightly import</a>" in page


def test_a_form_that_comes_back_opens_what_is_wrong_or_unusual_alone(
    staff: Client, tenant: Tenant
) -> None:
    told = {"tenant": str(tenant.pk), "name": "x", "kind": "cron", "cron": "61 * * * *"}
    told |= {"time_zone": "UTC", "dst_policy": "vixie", "target_kind": "event", "roll": "skip"}
    usual = {"maximum_runs": "0", "jitter_seconds": "0", "calendar_roll": "skip"}

    as_usual = staff.post(f"{LIST}create/", told | usual).context["parts"]
    unusual = staff.post(f"{LIST}create/", told | usual | {"jitter_seconds": "5"}).context["parts"]

    days = "Days, beginning and end"
    assert [one.open for one in as_usual if one.title == days] == [False]
    assert [one.open for one in unusual if one.title == days] == [True]


def test_a_schedule_is_made_after_it_was_shown_when_it_would_be_due(
    staff: Client, tenant: Tenant
) -> None:
    told = {
        "tenant": str(tenant.pk),
        "name": "nightly",
        "kind": "cron",
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
        "kind": "cron",
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
    told = {"since": "2020-06-01T00:00:00", "until": "2020-06-01T03:00:00"}

    asked, _done = do(staff, f"{LIST}{schedule.pk}/backfill/", **told)

    assert "3 runs are made, one for each time." in asked.content.decode()
    assert states(schedule) == ["queued"] * 3


def test_a_run_is_stopped_or_given_up(staff: Client) -> None:
    first, second = make(name="a"), make(name="b")
    for schedule, verb in ((first, "cancel"), (second, "terminate")):
        (run,) = fire(schedule, AT)
        do(staff, f"/admin/scheduler/jobrun/{run.pk}/{verb}/")

    assert (states(first), states(second)) == (["cancelled"], ["terminated"])


def test_a_run_is_done_again_with_its_parameters(staff: Client) -> None:
    schedule = make(parameters={"a": 1})
    (run,) = fire(schedule, AT)
    work()
    schedule.refresh_from_db()
    JobSchedule.objects.update(parameters={"a": 2})
    path = f"/admin/scheduler/jobrun/{run.pk}"

    offered = staff.get(f"{path}/change/").content.decode()
    asked, _done = do(staff, f"{path}/again/")

    again = JobRun.objects.exclude(pk=run.pk).get()
    assert "/again/" in offered
    assert "/terminate/" not in offered
    assert "with the parameters of this one" in asked.content.decode()
    assert (again.kind, again.parameters, again.asked_by["kind"]) == ("manual", {"a": 1}, "staff")


def test_a_schedule_is_cloned_and_deleted(staff: Client) -> None:
    schedule = make(tags=["a"])

    do(staff, f"{LIST}{schedule.pk}/clone/", name="another")
    do(staff, f"{LIST}{schedule.pk}/remove/")

    (made,) = JobSchedule.objects.all()
    assert (made.name, made.cron, made.tags, made.enabled) == ("another", "0 * * * *", ["a"], False)


def test_only_what_can_be_done_is_offered(staff: Client) -> None:
    on, off = make(), make(enabled=False)

    shown = [staff.get(f"{LIST}{one.pk}/change/").content.decode() for one in (on, off)]

    assert [f"{verb}/" in page for page in shown for verb in ("/pause", "/resume")] == [
        *(True, False),
        *(False, True),
    ]


def test_a_schedule_runs_with_parameters_of_one_run(staff: Client) -> None:
    schedule = make(parameters={"a": 1})
    path = f"{LIST}{schedule.pk}/run-with/"

    form = staff.get(path).content.decode()
    wrong = staff.post(path, {"parameters": "[1]"})
    asked, _done = do(staff, path, parameters='{"a": 2}')

    (run,) = JobRun.objects.all()
    schedule.refresh_from_db()
    assert "&quot;a&quot;: 1" in form
    assert wrong.context["form"].errors["parameters"] == ["Parameters are an object: {…}."]
    assert "its own, and when it is due, stay as they are" in asked.content.decode()
    assert (run.kind, run.parameters, run.asked_by["kind"]) == ("manual", {"a": 2}, "staff")
    assert schedule.parameters == {"a": 1}


def test_times_to_run_again_are_those_of_its_clocks(staff: Client) -> None:
    schedule = make(time_zone="Asia/Tokyo")
    told = {"since": "2020-06-01T00:00:00", "until": "2020-06-01T02:00:00"}

    do(staff, f"{LIST}{schedule.pk}/backfill/", **told)

    made = JobRun.objects.order_by("fire_time").values_list("fire_time", flat=True)
    assert [f"{one:%d %H:%M}" for one in made] == ["31 15:00", "31 16:00"]


def test_a_run_shows_how_far_its_work_is(staff: Client) -> None:
    (run,) = fire(make(), AT)
    path = f"/admin/scheduler/jobrun/{run.pk}/change/"
    shown = []
    for done, total in ((0, None), (3, None), (3_000, 9_000), (9_001, 9_000)):
        JobRun.objects.filter(pk=run.pk).update(
            state="running",
            work={"chore": "a.b"},
            progress="parts",
            progress_done=done,
            progress_total=total,
        )
        shown.append(staff.get(path).content.decode())
    JobRun.objects.filter(pk=run.pk).update(state="succeeded")
    ended = staff.get(path).content.decode()

    bar = '<progress aria-label="How far it is"'
    assert f"{bar}></progress> <span>parts</span>" in shown[0]
    assert f"{bar}></progress> <span>3, parts</span>" in shown[1]
    assert f'{bar} max="9000" value="3000"></progress> <span>3,000 of 9,000, parts' in shown[2]
    assert 'max="9000" value="9000"' in shown[3]
    assert "<progress" not in ended
    assert "9,001 of 9,000, parts" in ended


def test_tags_and_a_job_outside_are_filled_in(staff: Client, tenant: Tenant) -> None:
    told = {
        "tenant": str(tenant.pk),
        "name": "backup",
        "kind": "cron",
        "cron": "30 1 * * *",
        "time_zone": "UTC",
        "dst_policy": "vixie",
        "target_kind": "ping",
        "grace_seconds": "600",
        "tags": "night, money ,",
        "overlap": "skip",
    }

    do(staff, f"{LIST}create/", **told)
    made = JobSchedule.objects.get()
    page = staff.get(f"{LIST}{made.pk}/addresses/").content.decode()
    edited = staff.get(f"{LIST}{made.pk}/edit/").content.decode()

    assert (made.target_kind, made.grace_seconds, made.tags) == ("ping", 600, ["night", "money"])
    assert page.count(f"/scheduler/api/pings/{tenant.pk}/{made.pk}/") >= 5
    assert f"/scheduler/api/badges/{tenant.pk}/{made.pk}/" in page
    assert 'value="night, money"' in edited


def test_a_timeline_shows_runs_as_bars_and_as_a_table(staff: Client, tenant: Tenant) -> None:
    schedule = make(name="hourly <b>")
    runs = [fire(schedule, AT.replace(hour=hour))[-1] for hour in (9, 10)]
    work()
    path = f"{LIST}timeline/?zone=Europe/Amsterdam&at=2026-06-01T12:00:00Z"

    page = staff.get(path).content.decode()
    closer = staff.get(f"{path}&zoom=hour&at=2026-06-01T09:30:00Z").content.decode()
    narrowed = staff.get(f"{path}&state=failed").content.decode()

    assert "Monday, 01 June 2026" in page
    assert "hourly &lt;b&gt;" in page
    assert "<b>" not in page.replace("<b>UTC</b>", "")
    for run in runs:
        assert page.count(f"/admin/scheduler/jobrun/{run.pk}/change/") == 2
    assert page.count("sched-bar sched-succeeded") == 3
    assert "2026-06-01 11:00:00" in page
    assert "11:00 to 12:00" in closer
    assert "No schedule is like that." in narrowed
    assert f"tenant={tenant.pk}" in page


def test_a_timeline_of_many_runs_leads_closer(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.scheduler.selectors.timelines.MOST_RUNS", 1)
    schedule = make()
    for hour in (9, 10):
        fire(schedule, AT.replace(hour=hour))
    work()

    page = staff.get(f"{LIST}timeline/?at=2026-06-01T12:00:00Z").content.decode()

    assert "2 runs, counted" in page
    assert "zoom=hour&amp;at=2026-06-01T09%3A00%3A00Z" in page


@pytest.mark.parametrize(
    "asked",
    [
        "tenant=x&zone=Mars&zoom=century&at=never&state=odd&schedule=1&after=2",
        "at=9999-12-31T23:59:59Z&zoom=week",
        "at=0001-01-01&zone=Asia/Tokyo",
        "after=01900000-0000-7000-8000-000000000000",
        "tenant=01900000-0000-7000-8000-000000000000",
    ],
)
def test_what_an_address_says_wrongly_is_passed_over(staff: Client, asked: str) -> None:
    make()

    assert staff.get(f"{LIST}timeline/?{asked}").status_code == 200
    assert staff.get(f"{LIST}calendar/?{asked}").status_code == 200


def test_a_calendar_counts_days_and_marks_those_of_a_change_of_clocks(staff: Client) -> None:
    schedule = make(cron="0 12 * * *")
    fire(schedule, AT)
    work()

    june = staff.get(f"{LIST}calendar/?at=2026-06-10").content.decode()
    march = staff.get(f"{LIST}calendar/?at=2026-03-10&zone=Europe/Amsterdam").content.decode()
    week = staff.get(f"{LIST}calendar/?at=2026-06-10&zoom=week").content.decode()

    assert "June 2026" in june
    assert 'sched-dot-succeeded" aria-hidden="true"></i>1 <span>succeeded' in june
    assert june.count("<td") == 35
    assert ">23 h</span>" in march
    assert "Week 24 of 2026" in week
    assert week.count("<td") == 7


def test_what_the_platform_does_by_itself_is_shown(staff: Client) -> None:
    page = staff.get(f"{LIST}system/").content.decode()

    assert "scheduler.fire_due" in page
    assert "Make the runs of what is due" in page
    assert "every 10 s" in page


def test_the_editor_is_told_what_an_expression_says(staff: Client, tenant: Tenant) -> None:
    ask = f"{LIST}preview/"

    good = staff.get(ask, {"cron": "30 2 * * *", "time_zone": "Europe/Amsterdam"}).json()
    bad = staff.get(ask, {"cron": "0 24 * * *"}).json()
    nowhere = staff.get(ask, {"cron": "0 2 * * *", "time_zone": "Mars"}).json()
    offers = staff.get(f"{LIST}offers/", {"tenant": str(tenant.pk)}).json()

    assert (good["description"], len(good["next"])) == ("At 02:30", 10)
    assert any("does not exist" in one for one in good["findings"])
    assert (bad["position"], "24" in bad["problem"]) == (2, True)
    assert nowhere == {"error": "'Mars' is no time zone, such as Europe/Amsterdam"}
    assert isinstance(offers["chores"], list)
    assert "notifications" in offers["services"]


def test_pages_are_for_those_who_may_see_schedules(tenant: Tenant) -> None:
    from django.contrib.auth import get_user_model  # noqa: PLC0415  as the site is set up

    schedule = make()
    client = Client()
    client.force_login(get_user_model().objects.create_user("clerk", is_staff=True))

    paths = [f"{LIST}{page}/" for page in ("timeline", "calendar", "system", "preview", "offers")]
    paths += [f"{LIST}{schedule.pk}/{page}/" for page in ("addresses", "clone", "remove")]
    assert [client.get(path).status_code for path in paths] == [403] * len(paths)
