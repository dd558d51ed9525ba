"""What may be done to job schedules."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from django.db import transaction

from apps.scheduler.conf import MOST_SCHEDULES
from apps.scheduler.domain.times import TimesError, check_cron, check_time_zone
from apps.scheduler.models import JobSchedule
from contracts.scheduler import ScheduleChanged, ScheduleCreated, ScheduleDeleted
from kernel.errors import DomainError, InvalidInputError, LimitExceededError
from kernel.events.publishing import publish, publish_all
from kernel.rows import all_locked, change, check, delete, locked


class ScheduleChange(TypedDict, total=False):
    """What of a schedule can be changed."""

    name: str
    cron: str
    time_zone: str
    enabled: bool


@transaction.atomic
def create_schedule(
    *, name: str, cron: str, time_zone: str = "UTC", enabled: bool = True
) -> JobSchedule:
    """Make one in the current tenant; raises LimitExceededError when it has too many."""
    _check_times(cron, time_zone)
    most = MOST_SCHEDULES.value()
    if JobSchedule.objects.count() >= most:
        raise LimitExceededError(f"a tenant has at most {most} schedules")
    schedule = JobSchedule(name=name, cron=cron, time_zone=time_zone, enabled=enabled)
    check(schedule)
    schedule.save()
    publish(
        ScheduleCreated(
            schedule_id=str(schedule.pk),
            name=name,
            cron=cron,
            time_zone=time_zone,
            enabled=schedule.enabled,
        )
    )
    return schedule


@transaction.atomic
def update_schedule(*, id: str, **changes: Unpack[ScheduleChange]) -> JobSchedule:
    """Change what is given and leave the rest as it is."""
    _check_times(changes.get("cron"), changes.get("time_zone"))
    schedule = locked(JobSchedule, id)
    change(schedule, **changes)
    if changes:
        publish(
            ScheduleChanged(
                schedule_id=str(schedule.pk),
                name=schedule.name,
                cron=schedule.cron,
                time_zone=schedule.time_zone,
                enabled=schedule.enabled,
                fields=tuple(changes),
            )
        )
    return schedule


@transaction.atomic
def delete_schedule(*, id: str) -> JobSchedule:
    """Remove a schedule and return it as it was."""
    schedule = locked(JobSchedule, id)
    delete([schedule])
    publish(_deleted(schedule))
    return schedule


@transaction.atomic
def delete_schedules(*, ids: Sequence[str]) -> list[JobSchedule | DomainError]:
    """Remove many schedules; one that is not there does not keep the others."""
    schedules = all_locked(JobSchedule, ids)
    publish_all([_deleted(schedule) for schedule in delete(schedules)])
    return schedules


def _deleted(schedule: JobSchedule) -> ScheduleDeleted:
    return ScheduleDeleted(schedule_id=str(schedule.pk), name=schedule.name)


def _check_times(cron: str | None, time_zone: str | None) -> None:
    try:
        if cron is not None:
            check_cron(cron)
        if time_zone is not None:
            check_time_zone(time_zone)
    except TimesError as error:
        raise InvalidInputError(str(error)) from None
