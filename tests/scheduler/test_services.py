"""What may be done to job schedules, and what is refused."""

from typing import Any

import pytest

from apps.scheduler.conf import MOST_SCHEDULES
from apps.scheduler.models import JobSchedule
from apps.scheduler.services.schedules import (
    create_schedule,
    delete_schedule,
    delete_schedules,
    update_schedule,
)
from kernel.errors import InvalidInputError, LimitExceededError, NotFoundError
from kernel.ids import new_id
from kernel.testing.dynamic import said

pytestmark = pytest.mark.usefixtures("tenant")


def stored() -> list[tuple[str, str, str, bool]]:
    schedules = JobSchedule.objects.order_by("name")
    return [(one.name, one.cron, one.time_zone, one.enabled) for one in schedules]


def test_a_new_schedule_is_on_and_in_utc_unless_said_otherwise() -> None:
    create_schedule(name="hourly", cron="0 * * * *")
    create_schedule(name="nightly", cron="0 3 * * MON-FRI", time_zone="Asia/Tokyo", enabled=False)

    assert stored() == [
        ("hourly", "0 * * * *", "UTC", True),
        ("nightly", "0 3 * * MON-FRI", "Asia/Tokyo", False),
    ]


FIELDS = "a cron expression has 5 fields, or 6 with seconds, or 7 with years"
SUCH = "such as `0 3 * * *` for three in the morning"
BAD = [
    ({"name": " "}, "name holds nothing but spaces"),
    ({"name": "x" * 201}, "name: Ensure this value has at most 200 characters (it has 201)."),
    ({"name": None}, "name cannot be null"),
    ({"cron": ""}, f"{FIELDS}, found 0, at character 1; {SUCH}"),
    ({"cron": "0 3 * *"}, f"{FIELDS}, found 4, at character 8; {SUCH}"),
    (
        {"cron": "0 3 * * $(id)"},
        (
            "day of the week: '$(ID)' is no value, at character 9;"
            " write a number, or one of SUN, MON, TUE, WED, THU, FRI, SAT"
        ),
    ),
    (
        {"cron": f"{'1,' * 120}1 3 * * *"},
        "cron: Ensure this value has at most 200 characters (it has 249).",
    ),
    ({"time_zone": ""}, "timeZone: This field cannot be blank."),
    ({"time_zone": "Europe"}, "'Europe' is no time zone, such as Europe/Amsterdam"),
    ({"time_zone": "../UTC"}, "'../UTC' is no time zone, such as Europe/Amsterdam"),
    ({"time_zone": "Mars/Base"}, "'Mars/Base' is no time zone, such as Europe/Amsterdam"),
]


@pytest.mark.parametrize(("parts", "message"), BAD)
def test_a_schedule_that_cannot_be_is_not_made(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        create_schedule(**{"name": "hourly", "cron": "0 * * * *"} | parts)

    assert str(refused.value) == message
    assert stored() == []


@pytest.mark.parametrize(("parts", "message"), BAD)
def test_a_schedule_does_not_become_one_that_cannot_be(parts: dict[str, Any], message: str) -> None:
    schedule = create_schedule(name="hourly", cron="0 * * * *")

    with pytest.raises(InvalidInputError) as refused:
        update_schedule(id=str(schedule.pk), **parts)

    assert str(refused.value) == message
    assert stored() == [("hourly", "0 * * * *", "UTC", True)]


def test_a_change_leaves_alone_what_it_does_not_name() -> None:
    schedule = create_schedule(name="hourly", cron="0 * * * *")
    JobSchedule.objects.update(name="renamed in between")

    for _ in range(2):
        assert not update_schedule(id=str(schedule.pk), enabled=False, cron="5 * * * *").enabled

    assert stored() == [("renamed in between", "5 * * * *", "UTC", False)]


def test_a_schedule_is_removed_once_and_shown_as_it_was() -> None:
    schedule = create_schedule(name="hourly", cron="0 * * * *")
    create_schedule(name="kept", cron="0 * * * *")

    removed = delete_schedule(id=str(schedule.pk))
    with pytest.raises(NotFoundError, match=f"no job schedule {schedule.pk}"):
        delete_schedule(id=str(schedule.pk))

    assert (removed.pk, removed.name) == (schedule.pk, "hourly")
    assert [one[0] for one in stored()] == ["kept"]


def test_many_are_removed_and_each_that_is_not_there_is_named() -> None:
    schedules = [create_schedule(name=name, cron="0 * * * *") for name in ("a", "b", "kept")]
    unknown = str(new_id())

    outcomes = delete_schedules(ids=[str(schedules[1].pk), unknown, str(schedules[0].pk)])

    assert [outcomes[0], outcomes[2]] == [schedules[1], schedules[0]]
    assert str(outcomes[1]) == f"no job schedule {unknown}"
    assert [one[0] for one in stored()] == ["kept"]


def test_more_than_a_call_takes_are_not_removed() -> None:
    schedule = create_schedule(name="kept", cron="0 * * * *")

    with pytest.raises(LimitExceededError, match="at most 100 items a call, found 101"):
        delete_schedules(ids=[str(schedule.pk)] * 101)

    assert [one[0] for one in stored()] == ["kept"]


def test_operators_say_how_many_schedules_a_tenant_has() -> None:
    with said(MOST_SCHEDULES, 1):
        create_schedule(name="first", cron="0 * * * *")
        with pytest.raises(LimitExceededError, match="at most 1 schedules"):
            create_schedule(name="second", cron="0 * * * *")

    assert [one.name for one in JobSchedule.objects.all()] == ["first"]
