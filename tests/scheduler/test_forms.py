"""The editor of schedules: every kind and target, and what is wrong at its field."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from apps.scheduler.models import JobSchedule
from kernel.identity.models import Tenant
from kernel.secrets.reading import read_secret
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_tenant
from tests.scheduler.factories import do, make

LIST = "/admin/scheduler/jobschedule/"
NEW = {
    "name": "made",
    "cron": "0 0 * * *",
    "time_zone": "Europe/Amsterdam",
    "dst_policy": "vixie",
    "target_kind": "event",
    "overlap": "skip",
}
KINDS: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    "interval": (
        {"every_seconds": "5400", "anchor_at": "2126-06-01T12:00:00"},
        {"every_seconds": 5_400, "anchor_at": datetime(2126, 6, 1, 10, tzinfo=UTC)},
        "Every 90 minutes",
    ),
    "once": (
        {"anchor_at": "2126-01-01T12:00:00"},
        {"every_seconds": 0, "anchor_at": datetime(2126, 1, 1, 11, tzinfo=UTC)},
        "Once",
    ),
    "rule": (
        {"rule": "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=9;BYMINUTE=0"},
        {"rule": "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=9;BYMINUTE=0", "anchor_at": None},
        "By the rule FREQ=MONTHLY",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_shown_while_written_then_made_and_changed(
    staff: Client, tenant: Tenant, kind: str
) -> None:
    told, wanted, words = KINDS[kind]
    filled = NEW | told | {"kind": kind, "tenant": str(tenant.pk)}
    asked_live = {name: value for name, value in filled.items() if name != "cron"}

    live = staff.get(f"{LIST}preview/", asked_live).json()
    asked, _done = do(staff, f"{LIST}create/", **filled)
    made = JobSchedule.objects.get()
    form = staff.get(f"{LIST}{made.pk}/edit/").content.decode()
    again = filled | {"name": "changed"}
    do(staff, f"{LIST}{made.pk}/edit/", **again)

    assert live["description"].startswith(words)
    assert len(live["next"]) == (1 if kind == "once" else 10)
    assert words in asked.content.decode()
    assert (made.kind, made.cron) == (kind, "")
    assert {name: getattr(made, name) for name in wanted} == wanted
    assert all(f'value="{value}"' in form for value in told.values())
    made.refresh_from_db()
    assert (made.name, made.version) == ("changed", 2)
    assert {name: getattr(made, name) for name in wanted} == wanted


CLOSER = {
    "calendar_country": "NL",
    "calendar_holidays": "on",
    "calendar_business_days": "on",
    "calendar_except": "2126-12-24, 2126-12-31",
    "calendar_roll": "next",
    "starts_at": "2126-06-01T12:00:00",
    "ends_at": "2126-07-01T12:00:00",
    "maximum_runs": "7",
    "jitter_seconds": "30",
    "overlap": "buffer_all",
    "misfire": "fire_all",
    "misfire_cap": "20",
    "catch_up_seconds": "7200",
    "timeout_seconds": "60",
    "maximum_attempts": "5",
    "retry_seconds": "10",
    "disable_after": "4",
    "concurrency_group": "exports",
    "flag": "nightly",
    "concurrency_limit": "2",
    "owner": "the tower",
    "scopes": "files:read, files:write",
    "keep_runs_days": "90",
}


def test_all_that_a_schedule_can_say_is_filled_in_and_left_as_it_is(
    staff: Client, tenant: Tenant
) -> None:
    filled = NEW | CLOSER | {"kind": "cron", "tenant": str(tenant.pk)}
    secret = "whsec_" + "A" * 32

    asked, _done = do(staff, f"{LIST}create/", **filled | {"webhook_secret": secret})
    made = JobSchedule.objects.get()
    form = staff.get(f"{LIST}{made.pk}/edit/")
    again = {one.html_name: one.value() for one in form.context["form"]}
    again = {name: value for name, value in again.items() if value not in (None, "", False)}
    again |= {name: f"{again[name]:%Y-%m-%dT%H:%M:%S}" for name in ("starts_at", "ends_at")}
    _asked, done = do(staff, f"{LIST}{made.pk}/edit/", **again)

    # A Sunday in Amsterdam, whose time goes to Monday.
    assert "Mon 2126-06-03 00:00:00 CEST" in asked.content.decode()
    assert made.calendar == {
        "country": "NL",
        "holidays": True,
        "business_days": True,
        "roll": "next",
        "except": ["2126-12-24", "2126-12-31"],
    }
    assert (made.starts_at, made.ends_at) == (
        datetime(2126, 6, 1, 10, tzinfo=UTC),
        datetime(2126, 7, 1, 10, tzinfo=UTC),
    )
    numbers = {name: int(told) for name, told in CLOSER.items() if told.isdigit()}
    assert {name: getattr(made, name) for name in numbers} == numbers
    assert (made.overlap, made.misfire, made.concurrency_group, made.owner, made.flag) == (
        *("buffer_all", "fire_all"),
        *("exports", "the tower", "nightly"),
    )
    assert made.scopes == ["files:read", "files:write"]
    assert read_secret(made, "webhook_secret", purpose="test", shown=False) == secret
    assert form.content.decode().count('<details class="septet-part" open>') == 3
    assert secret not in form.content.decode()
    assert "nothing changed" in done.content.decode()
    made.refresh_from_db()
    assert made.version == 1
    assert read_secret(made, "webhook_secret", purpose="test", shown=False) == secret


def test_days_that_are_ticked_are_left_out_while_it_is_written(staff: Client) -> None:
    asked = {"kind": "cron", "cron": "0 6 * * *", "calendar_business_days": "on"}

    every = staff.get(f"{LIST}preview/", asked | {"calendar_business_days": ""}).json()
    told = staff.get(f"{LIST}preview/", asked).json()
    lacking = staff.get(f"{LIST}preview/", asked | {"calendar_holidays": "on"}).json()

    assert {one["there"][:3] for one in every["next"]} >= {"Sat", "Sun"}
    assert {one["there"][:3] for one in told["next"]} == {"Mon", "Tue", "Wed", "Thu", "Fri"}
    assert "name it, such as NL" in lacking["problem"]


def test_a_moment_that_clocks_show_twice_is_left_as_it_is(staff: Client, tenant: Tenant) -> None:
    # Half past two in Amsterdam, for the second time.
    at = datetime(2126, 10, 27, 1, 30, 5, 250_000, tzinfo=UTC)
    row = make(kind="interval", cron="", every_seconds=60, anchor_at=at, time_zone=NEW["time_zone"])
    form = staff.get(f"{LIST}{row.pk}/edit/").context["form"]
    again = {one.html_name: one.value() for one in form if one.value() not in (None, "", False)}
    again |= {"anchor_at": f"{again['anchor_at']:%Y-%m-%dT%H:%M:%S}", "name": "another"}

    do(staff, f"{LIST}{row.pk}/edit/", **again)

    row.refresh_from_db()
    assert (row.name, row.anchor_at) == ("another", at)
    do(staff, f"{LIST}{row.pk}/edit/", **again | {"anchor_at": "2126-10-27T02:30:06"})
    row.refresh_from_db()
    assert row.anchor_at == datetime(2126, 10, 27, 0, 30, 6, tzinfo=UTC)


def test_what_is_left_empty_is_as_usual(staff: Client, tenant: Tenant) -> None:
    usual = JobSchedule()
    told = dict.fromkeys(CLOSER, "") | {"kind": "cron", "tenant": str(tenant.pk)}

    form = staff.get(f"{LIST}create/").content.decode()
    do(staff, f"{LIST}create/", **NEW | told)

    made = JobSchedule.objects.get()
    columns = [name for name in CLOSER if not name.startswith("calendar_")]
    assert [getattr(made, name) for name in columns] == [getattr(usual, name) for name in columns]
    edited = staff.get(f"{LIST}{made.pk}/edit/").content.decode()
    assert made.calendar == {}
    assert edited.count('<details class="septet-part">') == 3
    assert form.count('<details class="septet-part">') == 3


def test_what_follows_another_is_made_by_its_name(staff: Client, tenant: Tenant) -> None:
    first, *others = (make(name=name) for name in ("first", "twice", "twice"))
    filled = NEW | {"kind": "after", "tenant": str(tenant.pk)}

    named = staff.get(f"{LIST}names/", {"part": "fir", "tenant": str(tenant.pk)}).json()
    live = staff.get(f"{LIST}preview/", {"kind": "after"}).json()
    asked, _done = do(staff, f"{LIST}create/", **filled | {"after_id": "first"})
    made = JobSchedule.objects.get(kind="after")
    form = staff.get(f"{LIST}{made.pk}/edit/").content.decode()
    do(staff, f"{LIST}{made.pk}/edit/", **filled | {"after_id": str(others[0].pk)})

    assert named == {"names": ["first"]}
    assert (live["description"], live["next"]) == ("After another has succeeded", [])
    assert "After another has succeeded." in asked.content.decode()
    assert made.after_id == first.pk
    assert 'value="first"' in form
    made.refresh_from_db()
    assert (made.after_id, made.version) == (others[0].pk, 2)


def test_none_follows_itself_or_what_is_of_others(staff: Client, tenant: Tenant) -> None:
    with in_tenant(make_tenant("other").pk):
        foreign = make(name="foreign")
    first = make(name="first")
    second = make(name="second", kind="after", cron="", after_id=str(first.pk))
    filled = NEW | {"kind": "after", "tenant": str(tenant.pk)}
    wrong = {}
    for name, path in (("second", f"{first.pk}/edit"), ("x", "create"), (foreign.pk, "create")):
        page = staff.post(f"{LIST}{path}/", filled | {"after_id": str(name)})
        wrong[name] = page.context["form"].errors["after_id"]
    named = staff.get(f"{LIST}names/", {"part": "f", "tenant": str(tenant.pk)}).json()

    assert wrong["second"] == ["schedules follow each other in a circle."]
    assert wrong["x"] == wrong[foreign.pk] == ["there is no schedule of this name."]
    assert named == {"names": ["first"]}
    assert second.after_id == first.pk


MUTATION = """mutation($name: String!) {
  createJobSchedule(input: {name: $name, cron: "@daily"}) { jobSchedule { id } } }"""


def test_a_mutation_of_a_service_is_filled_in(staff: Client, tenant: Tenant) -> None:
    filled = NEW | {
        "tenant": str(tenant.pk),
        "kind": "cron",
        "target_kind": "graphql",
        "target": "scheduler",
        "document": MUTATION,
        "parameters": '{"name": "x"}',
    }

    do(staff, f"{LIST}create/", **filled)
    made = JobSchedule.objects.get()
    form = staff.get(f"{LIST}{made.pk}/edit/").content.decode()
    do(staff, f"{LIST}{made.pk}/edit/", **filled | {"target_kind": "event", "target": ""})

    assert (made.target_kind, made.target, made.parameters) == (
        *("graphql", "scheduler"),
        {"name": "x"},
    )
    assert made.document.replace("\r\n", "\n") == MUTATION
    assert "createJobSchedule(input:" in form
    made.refresh_from_db()
    assert (made.target_kind, made.document) == ("event", "")


@pytest.mark.parametrize(
    ("told", "field", "problem"),
    [
        ({"kind": "cron", "cron": "0 24 * * *"}, "cron", "24 is not within 0 to 23, at char"),
        ({"kind": "cron", "cron": ""}, "cron", "at character 1"),
        (
            {"kind": "rule", "rule": "FREQ=DAILY;BYSECOND=1"},
            *("rule", "&#x27;BYSECOND=1&#x27; is no part of a rule, at character 12; a part is"),
        ),
        ({"kind": "rule", "rule": "FREQ=DAILY;BYDAY=XX"}, "rule", "at character 12"),
        ({"kind": "rule", "rule": "FREQ=DAILY;UNTIL=20200101"}, "rule", "never fires again"),
        ({"kind": "interval", "every_seconds": "4"}, "every_seconds", "at least 5 seconds"),
        ({"kind": "once"}, "anchor_at", "say when it is due"),
        ({"kind": "once", "anchor_at": "1066-10-14T09:00:00"}, "anchor_at", "1970 to 9000"),
        ({"kind": "cron", "time_zone": "Mars"}, "time_zone", "no time zone"),
        ({"kind": "cron", "target_kind": "webhook", "target": "x"}, "target", "https://"),
        (
            {"kind": "cron", "target_kind": "graphql", "target": "moon", "document": MUTATION},
            *("target", "there is no service"),
        ),
        (
            {"kind": "cron", "target_kind": "graphql", "target": "files", "document": MUTATION},
            *("document", "(line 2, column 3)"),
        ),
        (
            {"kind": "cron", "target_kind": "graphql", "target": "scheduler", "document": MUTATION},
            *("parameters", "$name"),
        ),
        ({"kind": "cron", "target_kind": "ping"}, "grace_seconds", "graceSeconds"),
        ({"kind": "cron", "calendar_country": "XX"}, "calendar_country", "no holidays are known"),
        ({"kind": "cron", "calendar_holidays": "on"}, "calendar_holidays", "name it, such as NL"),
        (
            {"kind": "cron", "calendar_country": "DE", "calendar_subdivision": "XX"},
            *("calendar_subdivision", "DE has no"),
        ),
        ({"kind": "cron", "calendar_except": "24.12.2026"}, "calendar_except", "is no day"),
        ({"kind": "cron", "timeout_seconds": "0"}, "timeout_seconds", "greater than or equal to 1"),
        ({"kind": "cron", "misfire_cap": "101"}, "misfire_cap", "less than or equal to 100"),
        ({"kind": "cron", "scopes": "moon:read"}, "scopes", "no scope"),
        ({"kind": "cron", "webhook_secret": "x"}, "webhook_secret", "whsec_"),
        (
            {"kind": "cron", "starts_at": "2126-01-02T00:00", "ends_at": "2126-01-01T00:00"},
            *("ends_at", "ends before it starts"),
        ),
        ({"kind": "once", "anchor_at": "2020-01-01T09:00:00"}, "anchor_at", "a later moment"),
        ({"kind": "cron", "ends_at": "2020-01-01T09:00"}, "ends_at", "a later end"),
        (
            {"kind": "cron", "cron": "0 9 * * 6", "calendar_country": "NL"}
            | {"calendar_business_days": "on"},
            *("calendar_roll", "closes each day"),
        ),
        (
            {"kind": "cron", "target_kind": "webhook", "target": "https://192.168.0.1/"},
            *("target", "not public"),
        ),
        ({"kind": "after"}, "after_id", "no schedule of this name"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    staff: Client, tenant: Tenant, told: dict[str, str], field: str, problem: str
) -> None:
    page = staff.post(f"{LIST}create/", NEW | {"tenant": str(tenant.pk)} | told)

    errors = page.context["form"].errors
    assert list(errors) == [field]
    assert problem in escape(errors[field][0])
    assert not JobSchedule.objects.exists()


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "once", "anchor_at": "2026-13-01T00:00:00"},
        {"kind": "once", "anchor_at": "0001-01-01T00:00:00", "time_zone": "Asia/Tokyo"},
        {"kind": "interval", "every_seconds": "9" * 50},
        {"kind": "interval", "every_seconds": "½"},
        {"kind": "nothing"},
        {"cron": "* * * * *", "calendar_country": "XX"},
        {"cron": "* * * * *", "starts_at": "x" * 50, "ends_at": "2026-13-01T00:00:00"},
        {"dst_policy": "nothing", "cron": "* * * * *"},
        {"kind": "rule", "rule": "FREQ=" + "A" * 1_000},
    ],
)
def test_what_the_editor_asks_wrongly_is_answered(staff: Client, asked: dict[str, str]) -> None:
    answer = staff.get(f"{LIST}preview/", asked)

    assert answer.status_code == 200
    assert answer.json().keys() & {"error", "problem"}
