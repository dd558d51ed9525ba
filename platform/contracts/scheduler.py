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


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePaused(Event):
    """A schedule is due no more until somebody resumes it."""

    TYPE: ClassVar[str] = "scheduler.schedule.paused.v1"
    ENTITY: ClassVar[str] = "JobSchedule"
    SUBJECT: ClassVar[str] = "schedule_id"
    LABEL: ClassVar[str] = "name"

    schedule_id: str
    name: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleResumed(Event):
    """A schedule that was paused or disabled is due again."""

    TYPE: ClassVar[str] = "scheduler.schedule.resumed.v1"
    ENTITY: ClassVar[str] = "JobSchedule"
    SUBJECT: ClassVar[str] = "schedule_id"
    LABEL: ClassVar[str] = "name"

    schedule_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDisabled(Event):
    """A schedule was turned off, because so many of its runs failed in a row."""

    TYPE: ClassVar[str] = "scheduler.schedule.disabled.v1"
    ENTITY: ClassVar[str] = "JobSchedule"
    SUBJECT: ClassVar[str] = "schedule_id"
    LABEL: ClassVar[str] = "name"

    schedule_id: str
    name: str
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleMisfired(Event):
    """Times came that nobody was there for, and that are not run any more.

    No more than 1,000 of them are counted.
    """

    TYPE: ClassVar[str] = "scheduler.schedule.misfired.v1"
    ENTITY: ClassVar[str] = "JobSchedule"
    SUBJECT: ClassVar[str] = "schedule_id"
    LABEL: ClassVar[str] = "name"

    schedule_id: str
    name: str
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleFired(Event):
    """A schedule whose target is an event was due; a repeated one has the same run."""

    TYPE: ClassVar[str] = "scheduler.schedule.fired.v1"
    ENTITY: ClassVar[str] = "JobSchedule"
    SUBJECT: ClassVar[str] = "schedule_id"
    LABEL: ClassVar[str] = "name"

    schedule_id: str
    run_id: str
    name: str
    #: ISO 8601 in UTC.
    fire_time: str
    #: What the schedule says besides, as JSON.
    parameters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequested(Event):
    """Somebody asked for a run that was not due, or for those of a time that is past."""

    TYPE: ClassVar[str] = "scheduler.run.requested.v1"
    ENTITY: ClassVar[str] = "JobSchedule"
    SUBJECT: ClassVar[str] = "schedule_id"
    LABEL: ClassVar[str] = "name"

    schedule_id: str
    name: str
    kind: str
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """A run came to its end; `state` says to which."""

    TYPE: ClassVar[str] = "scheduler.run.finished.v1"
    ENTITY: ClassVar[str] = "JobRun"
    SUBJECT: ClassVar[str] = "run_id"
    LABEL: ClassVar[str] = "name"

    run_id: str
    schedule_id: str
    name: str
    #: ISO 8601 in UTC.
    fire_time: str
    kind: str
    state: str
    attempts: int
    error_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLate(Event):
    """A run has not succeeded by the time at which it was expected to."""

    TYPE: ClassVar[str] = "scheduler.run.late.v1"
    ENTITY: ClassVar[str] = "JobRun"
    SUBJECT: ClassVar[str] = "run_id"
    LABEL: ClassVar[str] = "name"

    run_id: str
    schedule_id: str
    name: str
    #: ISO 8601 in UTC.
    fire_time: str
    state: str
