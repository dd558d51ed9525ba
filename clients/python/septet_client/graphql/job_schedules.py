from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import JobScheduleFields


class JobSchedules(BaseModel):
    job_schedules: "JobSchedulesJobSchedules" = Field(alias="jobSchedules")


class JobSchedulesJobSchedules(BaseModel):
    nodes: list["JobSchedulesJobSchedulesNodes"]
    page_info: "JobSchedulesJobSchedulesPageInfo" = Field(alias="pageInfo")


JobSchedulesJobSchedulesNodes = JobScheduleFields


class JobSchedulesJobSchedulesPageInfo(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    end_cursor: Optional[str] = Field(alias="endCursor")


JobSchedules.model_rebuild()
JobSchedulesJobSchedules.model_rebuild()
