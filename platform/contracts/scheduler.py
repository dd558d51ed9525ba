"""What happens to job schedules."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleCreated(Event):
    """Something is to run at given times."""

    TYPE: ClassVar[str] = "scheduler.schedule.created.v1"
    ENTITY: ClassVar[str] = "JobSchedule"
    SUBJECT: ClassVar[str] = "schedule_id"
    LABEL: ClassVar[str] = "name"

    schedule_id: str
    name: str
    cron: str
    time_zone: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleChanged(Event):
    """A schedule is another than before; the fields named are those that were set."""

    TYPE: ClassVar[str] = "scheduler.schedule.changed.v1"
    ENTITY: ClassVar[str] = "JobSchedule"
    SUBJECT: ClassVar[str] = "schedule_id"
    LABEL: ClassVar[str] = "name"

    schedule_id: str
    name: str
    cron: str
    time_zone: str
    enabled: bool
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDeleted(Event):
    """A schedule runs nothing any more."""

    TYPE: ClassVar[str] = "scheduler.schedule.deleted.v1"
    ENTITY: ClassVar[str] = "JobSchedule"
    SUBJECT: ClassVar[str] = "schedule_id"
    LABEL: ClassVar[str] = "name"

    schedule_id: str
    name: str
