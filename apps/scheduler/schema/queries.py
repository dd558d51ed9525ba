"""What may be asked of job schedules."""

import graphene

from apps.scheduler.schema.inputs import JobScheduleFilter, JobScheduleOrder
from apps.scheduler.schema.types import JobScheduleType
from apps.scheduler.selectors import LOOKUPS
from kernel.federation.fields import Many, One


class Query(graphene.ObjectType):
    """Reads of job schedules."""

    job_schedule = One(JobScheduleType)
    job_schedules = Many(
        JobScheduleType,
        filter=JobScheduleFilter,
        lookups=LOOKUPS,
        order=JobScheduleOrder,
    )
