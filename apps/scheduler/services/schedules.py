"""Schedules made, changed, cloned and removed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Required, TypedDict, Unpack

from django.conf import settings
from django.db import transaction

from apps.scheduler.conf import MOST_SCHEDULES
from apps.scheduler.errors import TargetRefusedError, TimesRefusedError
from apps.scheduler.models import JobSchedule, JobScheduleVersion, TargetKind
from apps.scheduler.selectors.timetables import never_due, timetable_of
from apps.scheduler.services.definitions import (
    TARGET,
    TIMES,
    check_definition,
    check_secret,
    left_open,
)
from apps.scheduler.services.dropping import drop_runs
from apps.scheduler.services.firing import fire_before_change
from apps.scheduler.services.rights import check_scopes
from contracts.scheduler import ScheduleChanged, ScheduleCreated, ScheduleDeleted
from kernel import clock
from kernel.chores.registry import registered
from kernel.chores.services import check_parameters
from kernel.errors import DomainError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.events.publishing import publish, publish_all
from kernel.identity.rights import remembered_rights
from kernel.ids import parse_id
from kernel.rows import all_locked, check, delete, locked
from kernel.services import BY_NAME
from kernel.tenancy.context import acting_principal, require


class ScheduleChange(TypedDict, total=False):
    """What of a schedule can be said."""

    name: str
    owner: str
    tags: list[str]
    kind: str
    cron: str
    rule: str
    every_seconds: int
    anchor_at: datetime | None
    after_id: str | None
    time_zone: str
    dst_policy: str
    calendar: Mapping[str, Any]
    jitter_seconds: int
    starts_at: datetime | None
    ends_at: datetime | None
    maximum_runs: int
    target_kind: str
    target: str
    document: str
    parameters: Mapping[str, Any]
    scopes: list[str]
    webhook_secret: str | None
    overlap: str
    misfire: str
    misfire_cap: int
    catch_up_seconds: int
    timeout_seconds: int
    maximum_attempts: int
    retry_seconds: int
    concurrency_group: str
    concurrency_limit: int
    grace_seconds: int
    disable_after: int
    keep_runs_days: int
    flag: str
    enabled: bool


class NewSchedule(ScheduleChange):
    """What a new one says: a name at least."""

    name: Required[str]  # type: ignore[misc]  # of the others it need not be said


#: What of it is told as its definition: not its secret, nor whether it is on.
_DEFINED = (
    "name",
    *(ScheduleChange.__annotations__.keys() - {"name", "webhook_secret", "enabled"}),
)


@transaction.atomic
def create_schedule(**said: Unpack[NewSchedule]) -> JobSchedule:
    """Make one in the current tenant.

    Raises LimitExceededError when it has too many, InvalidInputError for what cannot be.
    """
    most = MOST_SCHEDULES.value()
    if JobSchedule.objects.count() >= most:
        raise LimitExceededError(f"a tenant has at most {most} schedules")
    schedule = JobSchedule(asked_by=remembered_rights())
    _say(schedule, said)
    _check(schedule)
    due_anew(schedule)
    schedule.save(force_insert=True)
    _keep_version(schedule)
    publish(
        ScheduleCreated(
            schedule_id=str(schedule.pk),
            name=schedule.name,
            cron=schedule.cron,
            time_zone=schedule.time_zone,
            enabled=schedule.enabled,
        )
    )
    return schedule


@transaction.atomic
def update_schedule(*, id: str, **changes: Unpack[ScheduleChange]) -> JobSchedule:
    """Change what is given and leave the rest as it is; effective from the next look at it.

    What was due already runs as it was. Whoever changes what is done answers for it from then on:
    later runs have their rights.
    """
    schedule = locked(JobSchedule, id)
    if not changes:
        return schedule
    if (TIMES | {"enabled"}) & changes.keys():
        fire_before_change(schedule)
    _say(schedule, changes)
    _check(schedule)
    saved = set(changes)
    if TARGET & changes.keys():
        schedule.asked_by = remembered_rights()
        saved.add("asked_by")
    if (TIMES | {"enabled"}) & changes.keys():
        due_anew(schedule)
        saved.add("next_run_at")
    if changes.get("enabled"):
        schedule.note, schedule.failures_in_a_row = "", 0
        saved |= {"note", "failures_in_a_row"}
    if changes.keys() - {"enabled"}:
        schedule.version += 1
        saved.add("version")
    schedule.save(update_fields=sorted(saved))
    if "version" in saved:
        _keep_version(schedule)
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


def clone_schedule(*, id: str, name: str) -> JobSchedule:
    """Make another of the same definition, which is off; a secret is not taken along."""
    schedule = JobSchedule.visible().filter(pk=parse_id(id)).first()
    if schedule is None:
        raise NotFoundError(f"no job schedule {id}")
    said: Any = definition_of(schedule) | {"name": name, "enabled": False}
    for moment in ("anchor_at", "starts_at", "ends_at"):
        said[moment] = getattr(schedule, moment)
    return create_schedule(**said)


@transaction.atomic
def delete_schedule(*, id: str) -> JobSchedule:
    """Remove a schedule with its runs and return it as it was."""
    schedule = locked(JobSchedule, id)
    _remove([schedule])
    return schedule


@transaction.atomic
def delete_schedules(*, ids: Sequence[str]) -> list[JobSchedule | DomainError]:
    """Remove many schedules; one that is not there does not keep the others."""
    schedules = all_locked(JobSchedule, ids)
    _remove(schedules)
    return schedules


def due_anew(schedule: JobSchedule) -> None:
    """Say when a schedule is due next, from now on; of one that is off, never.

    Raises TimesRefusedError for one that is on and would never be.
    """
    timetable, now = timetable_of(schedule), clock.now()
    if timetable is None or not schedule.enabled:
        schedule.next_run_at = None
        return
    if never := never_due(schedule, now):
        raise TimesRefusedError(never[1])
    schedule.next_run_at = timetable.next_after(now)


def definition_of(schedule: JobSchedule) -> dict[str, Any]:
    """Return what a schedule says, as JSON."""
    told = {name: getattr(schedule, name) for name in sorted(_DEFINED)}
    return {
        name: value if value is None or isinstance(value, str | int | dict | list) else str(value)
        for name, value in told.items()
    }


def _say(schedule: JobSchedule, said: Mapping[str, Any]) -> None:
    for name, value in said.items():
        if name == "webhook_secret" and value:
            check_secret(value)
        setattr(schedule, name, parse_id(value) if name == "after_id" and value else value)
    if isinstance(schedule.parameters, Mapping):
        schedule.parameters = dict(schedule.parameters)
    if isinstance(schedule.calendar, Mapping):
        schedule.calendar = dict(schedule.calendar)


def _check(schedule: JobSchedule) -> None:
    check(schedule)
    check_definition(schedule)
    check_scopes(schedule)
    check_chore(schedule)


def check_chore(schedule: JobSchedule) -> None:
    """Refuse a chore that cannot be asked for; raises TargetRefusedError.

    Of a service elsewhere, that is said when it is asked.
    """
    if schedule.target_kind != TargetKind.CHORE:
        return
    service = schedule.target.partition(".")[0]
    if service not in BY_NAME:
        raise TargetRefusedError(f"there is no service {service[:40]!r}")
    if service not in settings.SERVICES:
        return
    try:
        chore = registered(schedule.target).chore
        if acting_principal() is not None:
            require(chore.scope)
        check_parameters(chore, schedule.parameters, passing=left_open(schedule))
    except (NotFoundError, InvalidInputError) as error:
        raise TargetRefusedError(str(error)) from None


def _keep_version(schedule: JobSchedule) -> None:
    JobScheduleVersion(
        schedule=schedule,
        number=schedule.version,
        definition=definition_of(schedule),
        changed_by=str(remembered_rights().get("name", "")),
    ).save(force_insert=True)


def _remove(schedules: Sequence[JobSchedule | DomainError]) -> None:
    rows = [one for one in schedules if not isinstance(one, DomainError)]
    drop_runs(rows)
    told = [ScheduleDeleted(schedule_id=str(one.pk), name=one.name) for one in rows]
    delete(schedules)
    publish_all(told)
