"""Schedules as rows for import and export, by their names; runs for export alone."""

from collections.abc import Sequence

from apps.scheduler.models import JobRun, JobSchedule
from apps.scheduler.services.schedules import (
    create_schedule,
    delete_schedule,
    update_schedule,
)
from contracts.datasets import Dataset, Field, Kind, Mode, Row
from kernel.datasets.pages import Rows
from kernel.datasets.registry import Change, register
from kernel.datasets.writing import one_by_one

SCHEDULES = Dataset(
    name="scheduler.schedules",
    title="Schedules",
    description="When something is done again and again.",
    key=("name",),
    modes=frozenset(Mode),
    read_scope="scheduler:read",
    write_scope="scheduler:write",
    filters=("enabled", "time_zone"),
    most_rows=100,
    fields=(
        Field(name="name", title="Name", required=True, max_length=200),
        Field(
            name="cron",
            title="Cron",
            description="Minute, hour, day, month, weekday.",
            required=True,
            max_length=200,
        ),
        Field(name="time_zone", title="Time zone", max_length=64),
        Field(name="enabled", title="Enabled", kind=Kind.BOOLEAN),
        Field(name="created_at", title="Created", kind=Kind.DATETIME, read_only=True),
    ),
)


def _tell(schedules: Sequence[JobSchedule]) -> list[Row]:
    return [
        {
            "id": str(one.pk),
            "name": one.name,
            "cron": one.cron,
            "time_zone": one.time_zone,
            "enabled": one.enabled,
            "created_at": one.created_at.isoformat(),
        }
        for one in schedules
    ]


def _write(change: Change) -> None:
    if change.before is None:
        create_schedule(**change.row)
    else:
        update_schedule(id=change.before["id"], **change.changed)


rows = Rows(of=JobSchedule.visible, tell=_tell, order=("name", "id"), key="name")
register(
    SCHEDULES,
    read=rows.read,
    find=rows.find,
    write=one_by_one(_write),
    remove=one_by_one(lambda row: delete_schedule(id=row["id"])),
)

RUNS = Dataset(
    name="scheduler.runs",
    title="Job runs",
    description="What became of each time of a schedule.",
    key=("id",),
    modes=frozenset(),
    read_scope="scheduler:read",
    filters=("schedule_id", "state", "kind"),
    fields=(
        Field(name="id", title="Id", kind=Kind.UUID, read_only=True),
        Field(name="schedule_id", title="Schedule", kind=Kind.UUID, read_only=True),
        Field(name="kind", title="Kind", read_only=True),
        Field(name="fire_time", title="Due", kind=Kind.DATETIME, read_only=True),
        Field(name="state", title="State", read_only=True),
        Field(name="attempt", title="Attempts", kind=Kind.INTEGER, read_only=True),
        Field(name="started_at", title="Begun", kind=Kind.DATETIME, read_only=True),
        Field(name="finished_at", title="Ended", kind=Kind.DATETIME, read_only=True),
        Field(name="error_code", title="Error", read_only=True),
    ),
)


def _tell_runs(runs: Sequence[JobRun]) -> list[Row]:
    return [
        {
            "id": str(one.pk),
            "schedule_id": str(one.schedule_id),
            "kind": str(one.kind),
            "fire_time": one.fire_time.isoformat(),
            "state": str(one.state),
            "attempt": one.attempt,
            "started_at": one.started_at.isoformat() if one.started_at else None,
            "finished_at": one.finished_at.isoformat() if one.finished_at else None,
            "error_code": one.error_code,
        }
        for one in runs
    ]


register(RUNS, read=Rows(of=JobRun.visible, tell=_tell_runs, order=("id",), key="id").read)
