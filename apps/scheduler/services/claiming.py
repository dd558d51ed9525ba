"""Schedules that are due, taken hold of: as plain values, since they are many."""

import json
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Case, F, QuerySet, TextField, When
from django.db.models.functions import Cast

from apps.scheduler.models import JobSchedule, ScheduleKind

#: Schedules that are claimed by one statement.
CLAIMED_AT_ONCE = 250


class Timing(NamedTuple):
    """All that tells which times of a schedule are run now; many have it in common."""

    next_run_at: datetime
    kind: str
    cron: str
    rule: str
    every_seconds: int
    anchor_at: datetime | None
    #: Of what is counted from there.
    made_at: datetime | None
    time_zone: str
    dst_policy: str
    calendar_text: str
    starts_at: datetime | None
    ends_at: datetime | None
    misfire: str
    misfire_cap: int
    catch_up_seconds: int

    def schedule(self) -> JobSchedule:
        """Return a schedule that is due then, to ask it for its times."""
        said = self._asdict()
        calendar, made_at = said.pop("calendar_text"), said.pop("made_at")
        return JobSchedule(
            **said, calendar=json.loads(calendar), created_at=made_at or self.next_run_at
        )


class Due(NamedTuple):
    """A schedule that is due, and held."""

    id: UUID
    name: str
    version: int
    parameters_text: str
    asked_by_text: str
    jitter_seconds: int
    grace_seconds: int
    maximum_runs: int
    runs_made: int
    timing: Timing


_OWN = Due._fields[:-1]
_COUNTED = (ScheduleKind.INTERVAL, ScheduleKind.RULE)


def claim(now: datetime) -> list[Due]:
    """Return schedules of the current tenant that are due, those first that are for the longest.

    In the caller's transaction. None that another holds is among them.
    """
    rows = JobSchedule.objects.filter(enabled=True, next_run_at__lte=now).order_by("next_run_at")
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    return _as_due(rows)


def held_already(schedule: JobSchedule) -> list[Due]:
    """Return one as what is due, whose row the caller holds."""
    return _as_due(JobSchedule.objects.filter(pk=schedule.pk))


def _as_due(rows: QuerySet[JobSchedule]) -> list[Due]:
    found = rows.annotate(
        parameters_text=Cast("parameters", TextField()),
        asked_by_text=Cast("asked_by", TextField()),
        calendar_text=Cast("calendar", TextField()),
        made_at=Case(When(kind__in=_COUNTED, then=F("created_at"))),
    ).values_list(*_OWN, *Timing._fields)[:CLAIMED_AT_ONCE]
    own = len(_OWN)
    return [Due._make((*row[:own], Timing._make(row[own:]))) for row in found]
