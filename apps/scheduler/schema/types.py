"""Schedules and their runs as the graph shows them."""

from typing import Any

import graphene

from apps.scheduler.access import WRITE
from apps.scheduler.models import (
    JobRun,
    JobSchedule,
    MisfirePolicy,
    OverlapPolicy,
    RunKind,
    RunState,
    ScheduleDstPolicy,
    ScheduleKind,
    TargetKind,
)
from apps.scheduler.selectors.previews import described
from apps.scheduler.selectors.schedules import (
    followed_by,
    last_states,
    lines_of,
    schedules_of,
    versions_of,
)
from apps.scheduler.selectors.timetables import timetable_of
from apps.scheduler.services.badges import badge_path
from apps.scheduler.services.pings import ping_path
from kernel import clock
from kernel.background.jobs import JobProgress
from kernel.errors import LimitExceededError
from kernel.federation.batches import Batched, peers
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.scalars import JSON
from kernel.tenancy.context import current_principal

MOST_NEXT = 50

ScheduleKindEnum = graphene.Enum.from_enum(ScheduleKind, description="What says when it is due.")
ScheduleDstPolicyEnum = graphene.Enum.from_enum(
    ScheduleDstPolicy,
    description="What becomes of a time that a change of clocks leaves out: due right after it, or"
    " not at all.",
)
TargetKindEnum = graphene.Enum.from_enum(TargetKind, description="What is done when it is due.")
OverlapPolicyEnum = graphene.Enum.from_enum(
    OverlapPolicy, description="What becomes of a run that is due while another has not ended."
)
MisfirePolicyEnum = graphene.Enum.from_enum(
    MisfirePolicy, description="What becomes of times that nobody was there for."
)
RunKindEnum = graphene.Enum.from_enum(RunKind, description="Why there is a run.")
RunStateEnum = graphene.Enum.from_enum(RunState, description="Where a run stands.")


class JobRunError(graphene.ObjectType):
    """Why a run came to nothing."""

    code = graphene.String(required=True, description="Stable, as in the table of errors.")
    message = graphene.String(required=True)


class JobRunLineType(graphene.ObjectType):
    """A line of what a run told."""

    class Meta:
        name = "JobRunLine"

    attempt = graphene.Int(required=True)
    text = graphene.String(required=True)
    created_at = graphene.DateTime(required=True)


class JobScheduleVersionType(graphene.ObjectType):
    """What a schedule said, from some moment on."""

    class Meta:
        name = "JobScheduleVersion"

    number = graphene.Int(required=True)
    definition = JSON(required=True)
    changed_by = graphene.String(required=True)
    created_at = graphene.DateTime(required=True)


@key("id")
class JobRunType(Entity):
    """One time at which a schedule was due, and what came of it."""

    class Meta:
        model = JobRun
        name = "JobRun"
        fields = (
            *("id", "version", "fire_time", "attempt", "progress"),
            *("created_at", "started_at", "finished_at"),
        )

    kind = RunKindEnum(required=True)
    state = RunStateEnum(required=True)
    schedule = Batched(lambda: JobScheduleType, load=peers(schedules_of))
    parameters = JSON(required=True)
    result = JSON(required=True, description="What came of it, as its target told.")
    error = graphene.Field(JobRunError, description="Of its last attempt; null if that was well.")
    work_progress = graphene.Field(
        JobProgress, description="How far the work is that it began; null if it began none."
    )
    lines = Batched(
        graphene.List(graphene.NonNull(JobRunLineType)),
        load=lines_of,
        required=True,
        description="What it told; the first 200 lines.",
    )

    @staticmethod
    def resolve_error(run: JobRun, _info: Any) -> dict[str, str] | None:
        if not run.error_code:
            return None
        return {"code": run.error_code, "message": run.error_message}

    @staticmethod
    def resolve_work_progress(run: JobRun, _info: Any) -> dict[str, Any] | None:
        if not run.work:
            return None
        return {
            "done": run.progress_done,
            "total": run.progress_total,
            "message": run.progress,
        }


class JobRunOrder(graphene.Enum):
    """In which order runs are listed."""

    NEWEST_FIRST = ("-fire_time", "-id")
    OLDEST_FIRST = ("fire_time", "id")


@key("id")
class JobScheduleType(Entity):
    """Something to be done again and again, at given times of a time zone."""

    class Meta:
        model = JobSchedule
        name = "JobSchedule"
        fields = (
            *("id", "name", "owner", "cron", "rule", "anchor_at", "time_zone"),
            *("jitter_seconds", "starts_at", "ends_at", "maximum_runs", "target", "document"),
            *("misfire_cap", "catch_up_seconds", "timeout_seconds", "maximum_attempts"),
            *("retry_seconds", "concurrency_group", "concurrency_limit", "grace_seconds"),
            *(
                "disable_after",
                "keep_runs_days",
                "flag",
                "enabled",
                "note",
                "version",
                "next_run_at",
            ),
            *("last_run_at", "runs_made", "failures_in_a_row", "last_ping_at", "created_at"),
        )

    every_seconds = graphene.BigInt(
        required=True,
        description="Of `INTERVAL`: the seconds from one run to the next; 0 of others.",
    )
    kind = ScheduleKindEnum(required=True)
    dst_policy = ScheduleDstPolicyEnum(required=True)
    target_kind = TargetKindEnum(required=True)
    overlap = OverlapPolicyEnum(required=True)
    misfire = MisfirePolicyEnum(required=True)
    tags = graphene.List(graphene.NonNull(graphene.String), required=True)
    calendar = JSON(required=True, description="Days on which nothing is due.")
    scopes = graphene.List(graphene.NonNull(graphene.String), required=True)
    parameters = JSON(required=True)
    after = Batched(
        lambda: JobScheduleType,
        load=peers(followed_by),
        description="What it follows, of one that follows.",
    )
    description = graphene.String(
        required=True,
        language=graphene.String(default_value="en"),
        description="What its expression says: `en`, `de`, `es`, `fr` or `nl`.",
    )
    last_states = graphene.List(
        graphene.NonNull(RunStateEnum),
        required=True,
        description="How its last runs ended, at most 20, the last at the end.",
    )
    next_runs = graphene.List(
        graphene.NonNull(graphene.DateTime),
        required=True,
        first=graphene.Int(default_value=10),
        description="When it is due from now on, at most 50; nothing of one that is off.",
    )
    ping_path = graphene.String(
        description="Where its job tells that it ran, if it waits for that; for who may write."
    )
    badge_path = graphene.String(
        required=True, description="A picture of its last state; its address opens nothing else."
    )
    versions = Batched(
        graphene.List(graphene.NonNull(JobScheduleVersionType)),
        load=versions_of,
        required=True,
        description="The newest first; the last 50.",
    )

    @staticmethod
    def resolve_description(schedule: JobSchedule, _info: Any, language: str = "en") -> str:
        return described(schedule, language)

    @staticmethod
    def resolve_last_states(schedule: JobSchedule, _info: Any) -> list[RunState]:
        return last_states(schedule)

    @staticmethod
    def resolve_next_runs(schedule: JobSchedule, _info: Any, first: int = 10) -> list[Any]:
        if not 0 <= first <= MOST_NEXT:
            raise LimitExceededError(f"at most {MOST_NEXT} times are told, found {first}")
        timetable = timetable_of(schedule)
        if timetable is None or not schedule.enabled or schedule.next_run_at is None:
            return []
        return list(timetable.first_after(clock.now(), first))

    @staticmethod
    def resolve_badge_path(schedule: JobSchedule, _info: Any) -> str:
        return badge_path(schedule)

    @staticmethod
    def resolve_ping_path(schedule: JobSchedule, _info: Any) -> str | None:
        if schedule.target_kind != TargetKind.PING:
            return None
        return ping_path(schedule) if current_principal().may(WRITE) else None
