"""Which schedules and runs there are."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import F

from apps.scheduler.models import (
    OUTCOMES,
    JobRun,
    JobRunLine,
    JobSchedule,
    JobScheduleVersion,
    RunState,
)
from kernel.errors import InvalidInputError
from kernel.ids import parse_id

#: By which lookup each part of a filter narrows.
LOOKUPS = {
    "name": "name",
    "enabled": "enabled",
    "kind": "kind",
    "target": "target",
    "created_from": "created_at__gte",
    "created_before": "created_at__lt",
}
RUN_LOOKUPS = {
    "schedule_id": "schedule_id",
    "state": "state",
    "kind": "kind",
    "fire_from": "fire_time__gte",
    "fire_before": "fire_time__lt",
}
#: Lines of a run that are shown.
MOST_LINES = 200
#: Names that are offered while somebody writes one.
MOST_NAMES = 20
#: Versions of a schedule that are shown.
MOST_VERSIONS = 50


def ids_named(told: str) -> list[UUID]:
    """Return the ids of schedules of a name, at most two; or of the one that has this as its id."""
    rows = JobSchedule.visible()
    try:
        found = rows.filter(pk=parse_id(told))
    except InvalidInputError:
        found = rows.filter(name=told)
    return list(found.values_list("pk", flat=True)[:2])


def name_told(schedule_id: UUID) -> str:
    """Return by what people call a schedule: its name, or its id where that is not its alone."""
    name = JobSchedule.visible().filter(pk=schedule_id).values_list("name", flat=True).first()
    return name if name and len(ids_named(name)) == 1 else str(schedule_id)


def names_like(part: str) -> list[str]:
    """Return names of schedules that contain this, in their order."""
    rows = JobSchedule.visible().filter(name__icontains=part).order_by("name", "id")
    return list(dict.fromkeys(rows.values_list("name", flat=True)[:MOST_NAMES]))


def lines_of(ids: Sequence[str]) -> dict[str, list[JobRunLine]]:
    """Return what each of these runs told, the earliest first; of a long one the first some."""
    found: dict[str, list[JobRunLine]] = {str(one): [] for one in ids}
    for line in JobRunLine.objects.filter(run_id__in=map(UUID, ids)).order_by("id"):
        lines = found[str(line.run_id)]
        if len(lines) < MOST_LINES:
            lines.append(line)
    return found


def versions_of(ids: Sequence[str]) -> dict[str, list[JobScheduleVersion]]:
    """Return the last versions of each of these schedules, the newest first."""
    found: dict[str, list[JobScheduleVersion]] = {str(one): [] for one in ids}
    # They are numbered without a gap, so no more are read than are told.
    rows = JobScheduleVersion.objects.filter(
        schedule_id__in=map(UUID, ids), number__gt=F("schedule__version") - MOST_VERSIONS
    )
    for version in rows.order_by("-number"):
        found[str(version.schedule_id)].append(version)
    return found


def last_versions(schedule: JobSchedule, most: int) -> list[JobScheduleVersion]:
    """Return the last versions of a schedule, the newest first."""
    rows = JobScheduleVersion.across_tenants.filter(schedule=schedule)
    return list(rows.order_by("-number")[:most])


def schedules_of(ids: Sequence[str]) -> dict[str, JobSchedule]:
    """Return the schedule of each of these runs."""
    rows = JobRun.objects.filter(pk__in=ids).select_related("schedule")
    return {str(run.pk): run.schedule for run in rows}


def followed_by(ids: Sequence[str]) -> dict[str, JobSchedule]:
    """Return what each of these schedules follows, of those that follow one that is there."""
    rows = JobSchedule.objects.filter(pk__in=ids, after_id__isnull=False)
    after = {str(pk): one for pk, one in rows.values_list("pk", "after_id") if one is not None}
    known = JobSchedule.objects.in_bulk(set(after.values()))
    return {pk: known[one] for pk, one in after.items() if one in known}


def last_state(schedule: JobSchedule) -> str:
    """Return how the last run that ended did so; nothing if none has."""
    ended = JobRun.objects.filter(schedule=schedule, finished_at__isnull=False)
    return str(ended.order_by("-fire_time").values_list("state", flat=True).first() or "")


def last_states(schedule: JobSchedule) -> list[RunState]:
    """Return how the last runs of a schedule ended, the last at the end."""
    return [OUTCOMES[letter] for letter in schedule.recent]
