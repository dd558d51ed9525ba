"""What is told of job schedules: each change once, with its transaction."""

import pytest

from apps.scheduler.services.schedules import (
    create_schedule,
    delete_schedule,
    delete_schedules,
    update_schedule,
)
from contracts.scheduler import ScheduleChanged, ScheduleCreated, ScheduleDeleted
from kernel.errors import InvalidInputError
from kernel.ids import new_id
from kernel.testing.events import published

pytestmark = pytest.mark.usefixtures("tenant")


def test_each_change_of_a_schedule_is_told() -> None:
    id_ = str(create_schedule(name="nightly", cron="0 3 * * *").pk)
    update_schedule(id=id_, enabled=False, cron="0 4 * * *")
    update_schedule(id=id_)
    delete_schedule(id=id_)

    times = {"schedule_id": id_, "name": "nightly", "time_zone": "UTC"}
    assert published() == [
        ScheduleCreated(cron="0 3 * * *", enabled=True, **times),
        ScheduleChanged(cron="0 4 * * *", enabled=False, fields=("enabled", "cron"), **times),
        ScheduleDeleted(schedule_id=id_, name="nightly"),
    ]


def test_a_schedule_that_keeps_its_times_is_not_told() -> None:
    id_ = str(create_schedule(name="nightly", cron="0 3 * * *").pk)

    with pytest.raises(InvalidInputError):
        update_schedule(id=id_, cron="never")

    assert [type(event) for event in published()] == [ScheduleCreated]


def test_of_many_those_are_told_that_are_gone() -> None:
    id_ = str(create_schedule(name="nightly", cron="0 3 * * *").pk)

    delete_schedules(ids=[str(new_id()), id_])

    assert published()[1:] == [ScheduleDeleted(schedule_id=id_, name="nightly")]
