"""What may be asked of job schedules and runs."""

import graphene

from apps.scheduler.schema.inputs import JobRunFilter, JobScheduleFilter, JobScheduleOrder
from apps.scheduler.schema.previews import Previews
from apps.scheduler.schema.system import SystemSchedules
from apps.scheduler.schema.timelines import Timelines
from apps.scheduler.schema.types import JobRunOrder, JobRunType, JobScheduleType
from apps.scheduler.selectors.schedules import LOOKUPS, RUN_LOOKUPS
from kernel.federation.fields import Many, One


class Query(Previews, SystemSchedules, Timelines, graphene.ObjectType):
    """Reads of job schedules and runs."""

    job_schedule = One(JobScheduleType)
    job_schedules = Many(
        JobScheduleType,
        filter=JobScheduleFilter,
        lookups=LOOKUPS,
        order=JobScheduleOrder,
    )
    job_run = One(JobRunType)
    job_runs = Many(JobRunType, filter=JobRunFilter, lookups=RUN_LOOKUPS, order=JobRunOrder)
