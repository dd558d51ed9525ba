"""Schedules as rows: brought out and in again, by the rules of the scheduler."""

import pytest

from apps.scheduler.models import JobSchedule
from apps.scheduler.services.schedules import create_schedule
from contracts.datasets import Mode
from contracts.scheduler import ScheduleChanged, ScheduleCreated, ScheduleDeleted
from kernel.datasets.services import undo_batch
from kernel.errors import ForbiddenError
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import exported, importable, imported, somebody, statements
from kernel.testing.events import told
from kernel.testing.tenants import make_tenant

NAME = "scheduler.schedules"


@pytest.fixture
def three(tenant: Tenant) -> None:
    """Three schedules."""
    create_schedule(name="nightly", cron="0 3 * * *", time_zone="Asia/Tokyo", enabled=False)
    create_schedule(name="hourly", cron="0 * * * *")
    create_schedule(name="weekly", cron="0 8 * * 1")


@pytest.mark.usefixtures("three")
def test_what_was_exported_is_there_already_and_the_same_elsewhere(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)):
        rows = exported(NAME)
        assert [row["name"] for row in rows] == ["hourly", "nightly", "weekly"]
        assert imported(NAME, rows) == ["unchanged"] * 3
    with acting_as(somebody(make_tenant().pk)):
        assert imported(NAME, rows) == ["inserted"] * 3
        assert importable(NAME, exported(NAME)) == importable(NAME, rows)


@pytest.mark.usefixtures("three")
def test_rows_are_written_as_if_a_person_had_done_it(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)):
        outcomes = imported(
            NAME,
            [
                {"name": "nightly", "enabled": True},
                {"name": "new", "cron": "0 1 * * *"},
                {"name": "bad", "cron": "never"},
                {"name": "lost", "cron": "0 1 * * *", "time_zone": "Mars/Olympus"},
            ],
            batch="b-1",
        )
        assert imported(NAME, [{"name": "weekly"}], mode=Mode.DELETE) == ["deleted"]
        assert undo_batch(NAME, batch="b-1").undone == 2

    assert outcomes == [
        "updated",
        "inserted",
        "refused SCHEDULER_TIMES_REFUSED",
        "refused SCHEDULER_TIMES_REFUSED",
    ]
    assert [one.fields for one in told(ScheduleChanged)] == [("enabled",)] * 2
    assert [one.name for one in told(ScheduleCreated)][3:] == ["new"]
    assert [one.name for one in told(ScheduleDeleted)] == ["weekly", "new"]
    left = JobSchedule.objects.order_by("name").values_list("name", "enabled")
    assert list(left) == [("hourly", True), ("nightly", False)]


def test_two_schedules_of_one_name_are_told_apart_by_nobody(tenant: Tenant) -> None:
    for cron in ("0 1 * * *", "0 2 * * *"):
        create_schedule(name="twice", cron=cron)

    with acting_as(somebody(tenant.pk)):
        assert imported(NAME, [{"name": "twice", "enabled": False}]) == ["refused CONFLICT"]
        assert [row["cron"] for row in exported(NAME, size=1)] == ["0 1 * * *", "0 2 * * *"]


@pytest.mark.usefixtures("three")
def test_a_page_takes_one_statement(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)):
        assert [statements(NAME, size=size) for size in (1, 3)] == [1, 1]


@pytest.mark.usefixtures("three")
def test_who_may_not_read_or_write_schedules_does_not(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk, "config:read", "config:write")):
        with pytest.raises(ForbiddenError, match="scheduler:read"):
            exported(NAME)
        with pytest.raises(ForbiddenError, match="scheduler:write"):
            imported(NAME, [{"name": "nightly", "enabled": True}])
    with acting_as(somebody(make_tenant().pk)):
        assert exported(NAME) == []
