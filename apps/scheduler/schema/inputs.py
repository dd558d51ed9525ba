"""What callers send about job schedules and runs."""

import graphene

from apps.scheduler.schema.types import (
    MisfirePolicyEnum,
    OverlapPolicyEnum,
    RunKindEnum,
    RunStateEnum,
    ScheduleDstPolicyEnum,
    ScheduleKindEnum,
    TargetKindEnum,
)
from kernel.federation.mutations import ById, ByIds, ChangeInput
from kernel.federation.scalars import JSON


class JobScheduleFilter(graphene.InputObjectType):
    """Which schedules; every part that is given has to fit."""

    name = graphene.String()
    enabled = graphene.Boolean()
    kind = ScheduleKindEnum()
    target = graphene.String()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class JobScheduleOrder(graphene.Enum):
    """In which order schedules are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    NAME = ("name", "id")


class JobRunFilter(graphene.InputObjectType):
    """Which runs; every part that is given has to fit."""

    schedule_id = graphene.ID()
    state = RunStateEnum()
    kind = RunKindEnum()
    fire_from = graphene.DateTime(description="Due at this moment or later.")
    fire_before = graphene.DateTime()


class _Said:
    """What a schedule can say; what is not sent is as usual, or stays."""

    owner = graphene.String()
    tags = graphene.List(graphene.NonNull(graphene.String))
    kind = ScheduleKindEnum(description="`CRON` if not said.")
    rule = graphene.String(description="RFC 5545, such as `FREQ=MONTHLY;BYDAY=-1FR`.")
    every_seconds = graphene.BigInt(
        description="Of `INTERVAL`: the seconds from one run to the next, at least 5."
    )
    anchor_at = graphene.DateTime(
        description="When something is due once; where intervals and rules are counted from."
    )
    after_id = graphene.ID(description="The schedule whose success it follows.")
    time_zone = graphene.String(description="Such as `Europe/Amsterdam`; UTC if not said.")
    dst_policy = ScheduleDstPolicyEnum(description="`VIXIE` if not said.")
    calendar = JSON(
        description="Days that are left out: `country`, `subdivision`, `business_days`, `holidays`"
        " and `except`, a list of days; `roll` says where what is due on one of them goes:"
        " `skip`, `previous`, `next` or `nearest`."
    )
    jitter_seconds = graphene.Int(description="It begins later by up to so much.")
    starts_at = graphene.DateTime()
    ends_at = graphene.DateTime()
    maximum_runs = graphene.Int(description="0: without end.")
    target_kind = TargetKindEnum(description="`EVENT` if not said.")
    target = graphene.String(
        description="The name of a chore, the service of a mutation, or the address of a webhook."
    )
    document = graphene.String(
        description="Of `GRAPHQL`: one mutation of one field; its variables are the parameters."
    )
    parameters = JSON(
        description="Of `AFTER`, `{{ result.fileId }}` in a text is what the run that it follows"
        " told as its `result`."
    )
    scopes = graphene.List(
        graphene.NonNull(graphene.String),
        description="What its runs may do at most, such as `documents:write`; no more than you may."
        " If not said, of a mutation what is of its service, else all that you may.",
    )
    webhook_secret = graphene.String(
        description="`whsec_` and base64: webhooks are signed by it. Nobody is shown it."
    )
    overlap = OverlapPolicyEnum(description="`SKIP` if not said.")
    misfire = MisfirePolicyEnum(description="`FIRE_ONCE` if not said.")
    misfire_cap = graphene.Int(description="Of `FIRE_ALL`, the most that are run: 10 if not said.")
    catch_up_seconds = graphene.Int(description="How late a run may begin; an hour if not said.")
    timeout_seconds = graphene.Int(description="Of one attempt; an hour if not said.")
    maximum_attempts = graphene.Int(description="3 if not said.")
    retry_seconds = graphene.Int(description="Before the second attempt; doubled each time.")
    concurrency_group = graphene.String()
    concurrency_limit = graphene.Int(description="Runs of the group at a time; 1 if not said.")
    grace_seconds = graphene.Int(
        description="A run that has not succeeded so long after its time is told of as late."
    )
    disable_after = graphene.Int(
        description="Turned off after so many failures in a row; 0: never."
    )
    keep_runs_days = graphene.Int(description="30 if not said.")
    flag = graphene.String(
        description="The key of a feature flag: runs are left out unless it is on. Empty: always."
    )
    enabled = graphene.Boolean(description="True if not said.")


class CreateJobScheduleInput(_Said, ChangeInput):
    """Something to be done again and again."""

    name = graphene.String(required=True)
    cron = graphene.String(
        description="Five fields, such as `0 3 * * *`; six with seconds, seven with years."
    )


class UpdateJobScheduleInput(_Said, ById):
    """What becomes of a schedule; what is not sent stays."""

    name = graphene.String()
    cron = graphene.String()


class DeleteJobScheduleInput(ById):
    """The schedule to remove."""


class DeleteJobSchedulesInput(ByIds):
    """The schedules to remove."""


class CloneJobScheduleInput(ById):
    """The schedule to make another of."""

    name = graphene.String(required=True)


class PauseJobScheduleInput(ById):
    """The schedule to pause."""

    note = graphene.String(description="Why; at most 500 characters.")


class ResumeJobScheduleInput(ById):
    """The schedule to resume."""


class RenewJobSchedulePingPathInput(ById):
    """The schedule whose address for pings is to be another."""


class TriggerJobScheduleInput(ById):
    """The schedule to run now."""

    parameters = JSON(description="Its own if not said.")


class BackfillJobScheduleInput(ById):
    """The times to run again."""

    since = graphene.DateTime(required=True)
    until = graphene.DateTime(required=True, description="Before this; no later than now.")


class CancelJobRunInput(ById):
    """The run to stop."""


class TerminateJobRunInput(ById):
    """The run to give up."""
