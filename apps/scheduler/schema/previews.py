"""What a schedule would say, before there is one."""

from datetime import datetime
from typing import Any

import graphene

from apps.scheduler.access import JOB_SCHEDULE, WRITE
from apps.scheduler.selectors.previews import Preview, preview
from apps.scheduler.services.life import backfill
from kernel.chores.client import all_chores
from kernel.federation.scalars import JSON
from kernel.tenancy.context import require


class CronFinding(graphene.ObjectType):
    """One thing to look at."""

    code = graphene.String(required=True, description="Stable, such as `gap`.")
    message = graphene.String(required=True)


class CronProblem(graphene.ObjectType):
    """Why it is no expression."""

    message = graphene.String(required=True)
    position = graphene.Int(required=True, description="In characters, from 0.")
    hint = graphene.String(required=True, description="What to write instead, if that is known.")


class CronPreview(graphene.ObjectType):
    """What an expression says, and when it is due."""

    description = graphene.String(required=True, description="Empty of what is no expression.")
    next_runs = graphene.List(graphene.NonNull(graphene.DateTime), required=True)
    findings = graphene.List(graphene.NonNull(CronFinding), required=True)
    problem = graphene.Field(CronProblem)


class ChoreType(graphene.ObjectType):
    """Something that a service offers to do."""

    class Meta:
        name = "Chore"

    name = graphene.String(required=True)
    title = graphene.String(required=True)
    description = graphene.String(required=True)
    scope = graphene.String(required=True, description="What whoever asks has to hold.")
    followed = graphene.Boolean(
        required=True, description="A run ends as the work does that it began."
    )
    parameters = JSON(required=True, description="A JSON Schema of its parameters.")


class JobScheduleBackfill(graphene.ObjectType):
    """What running the times of a range again would come to."""

    times = graphene.Int(required=True)
    left_out = graphene.Int(required=True, description="Those that have succeeded already.")
    runs = graphene.Int(required=True)


class Previews:
    """Questions whose answers are in no table."""

    cron_preview = graphene.Field(
        CronPreview,
        required=True,
        cron=graphene.String(required=True),
        time_zone=graphene.String(default_value="UTC"),
        dst_policy=graphene.String(default_value="vixie", description="`vixie` or `skip`."),
        language=graphene.String(default_value="en"),
        first=graphene.Int(default_value=10, description="At most 50."),
        description="What an expression says, when it is due, and what to look at.",
    )
    chores = graphene.List(
        graphene.NonNull(ChoreType),
        required=True,
        description="What schedules can have done, of all services, by who asks.",
    )
    job_schedule_backfill = graphene.Field(
        JobScheduleBackfill,
        required=True,
        id=graphene.ID(required=True),
        since=graphene.DateTime(required=True),
        until=graphene.DateTime(required=True),
        description="What `backfillJobSchedule` would do.",
    )

    @staticmethod
    def resolve_cron_preview(_root: Any, _info: Any, **asked: Any) -> Preview:
        require(JOB_SCHEDULE.read)
        return preview(**asked)

    @staticmethod
    def resolve_chores(_root: Any, _info: Any) -> list[Any]:
        require(JOB_SCHEDULE.read)
        return list(all_chores())

    @staticmethod
    def resolve_job_schedule_backfill(
        _root: Any,
        _info: Any,
        id: str,
        since: datetime,
        until: datetime,
    ) -> dict[str, int]:
        require(WRITE)
        found = backfill(id=id, since=since, until=until, dry_run=True)
        return {
            "times": found.times,
            "left_out": found.left_out,
            "runs": found.times - found.left_out,
        }
