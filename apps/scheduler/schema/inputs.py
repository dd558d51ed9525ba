"""What callers send about job schedules."""

import graphene

from kernel.federation.mutations import ById, ByIds, ChangeInput


class JobScheduleFilter(graphene.InputObjectType):
    """Which schedules; every part that is given has to fit."""

    name = graphene.String()
    enabled = graphene.Boolean()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class JobScheduleOrder(graphene.Enum):
    """In which order schedules are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    NAME = ("name", "id")


class CreateJobScheduleInput(ChangeInput):
    """Something to be done again and again."""

    name = graphene.String(required=True)
    cron = graphene.String(required=True, description="Five fields, such as `0 3 * * *`.")
    time_zone = graphene.String(description="Such as `Europe/Amsterdam`; UTC if not said.")
    enabled = graphene.Boolean(description="True if not said.")


class UpdateJobScheduleInput(ById):
    """What becomes of a schedule; what is not sent stays."""

    name = graphene.String()
    cron = graphene.String()
    time_zone = graphene.String()
    enabled = graphene.Boolean()


class DeleteJobScheduleInput(ById):
    """The schedule to remove."""


class DeleteJobSchedulesInput(ByIds):
    """The schedules to remove."""
