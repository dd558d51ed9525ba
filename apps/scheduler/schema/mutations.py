"""What may be changed about job schedules."""

import graphene

from apps.scheduler.schema.inputs import (
    CreateJobScheduleInput,
    DeleteJobScheduleInput,
    DeleteJobSchedulesInput,
    UpdateJobScheduleInput,
)
from apps.scheduler.schema.types import JobScheduleType
from apps.scheduler.services import (
    create_schedule,
    delete_schedule,
    delete_schedules,
    update_schedule,
)
from kernel.federation.mutations import BulkDelete, Create, Delete, Update


class Mutation(graphene.ObjectType):
    """Changes of job schedules."""

    create_job_schedule = Create(
        JobScheduleType,
        input=CreateJobScheduleInput,
        by=create_schedule,
        description="Make a schedule.",
    )
    update_job_schedule = Update(
        JobScheduleType,
        input=UpdateJobScheduleInput,
        by=update_schedule,
        description="Change a schedule, or turn it on or off.",
    )
    delete_job_schedule = Delete(
        JobScheduleType,
        input=DeleteJobScheduleInput,
        by=delete_schedule,
        description="Remove a schedule.",
    )
    delete_job_schedules = BulkDelete(
        JobScheduleType,
        input=DeleteJobSchedulesInput,
        by=delete_schedules,
        description="Remove many schedules; one that is not there does not keep the others.",
    )
