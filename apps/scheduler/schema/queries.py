"""What may be asked of job schedules."""

from typing import Any

import graphene

from apps.scheduler.schema.types import JobScheduleConnection, JobScheduleType
from apps.scheduler.selectors import all_job_schedules, by_id
from kernel.federation.access import scope
from kernel.federation.pages import Page, Window, page_arguments


class Query(graphene.ObjectType):
    """Reads of job schedules."""

    job_schedule = graphene.Field(JobScheduleType, id=graphene.ID(required=True))
    job_schedules = graphene.Field(
        JobScheduleConnection, required=True, description="The newest first.", **page_arguments()
    )

    @staticmethod
    @scope("scheduler:read")
    def resolve_job_schedule(_root: Any, _info: Any, id: str) -> Any:
        return by_id(id)

    @staticmethod
    @scope("scheduler:read")
    def resolve_job_schedules(_root: Any, _info: Any, **window: Any) -> Page:
        return Page(all_job_schedules(), Window.of(**window), ("-id",))
