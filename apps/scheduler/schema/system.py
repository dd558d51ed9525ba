"""What the platform does by itself, as system schedules; each service drives its own."""

from typing import Any

import graphene

from kernel.background.jobs import JobStateEnum
from kernel.periodics.client import Told, told_by_all


class SystemScheduleRun(graphene.ObjectType):
    """How the work of one period stands."""

    state = JobStateEnum(required=True)
    attempts = graphene.Int(required=True)
    due_at = graphene.DateTime(required=True)
    started_at = graphene.DateTime()
    finished_at = graphene.DateTime()
    error_code = graphene.String(
        required=True, description="Why its last attempt failed; empty if none did."
    )


class SystemSchedule(graphene.ObjectType):
    """Work that a service does by itself, in each period once."""

    name = graphene.String(required=True, description="Such as `audit.seal`.")
    description = graphene.String(required=True)
    every_seconds = graphene.Float(
        required=True, description="How long its period is; each has one run."
    )
    next_run_at = graphene.DateTime(required=True)
    late = graphene.Boolean(
        required=True, description="Nothing of it has begun for over two periods and a minute."
    )
    last_run = graphene.Field(
        SystemScheduleRun, description="Of the last period that there is a run of, within 20."
    )


class SystemSchedulesOfService(graphene.ObjectType):
    """What one service tells of itself."""

    service = graphene.String(required=True)
    schedules = graphene.List(graphene.NonNull(SystemSchedule), required=True)
    problem = graphene.String(
        required=True, description="Why it tells nothing; empty of one that has answered."
    )


class SystemSchedules:
    """The question of what runs by itself."""

    system_schedules = graphene.List(
        graphene.NonNull(SystemSchedulesOfService),
        required=True,
        description="What each service does by itself, such as sealing and retention, and how that"
        " went last. A service that is away within 3 s is told of as that.",
    )

    @staticmethod
    def resolve_system_schedules(_root: Any, _info: Any) -> list[Told]:
        return told_by_all()
