"""Schedules as rows for import and export, by their names."""

from collections.abc import Sequence

from apps.scheduler.models import JobSchedule
from apps.scheduler.services import create_schedule, delete_schedule, update_schedule
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
