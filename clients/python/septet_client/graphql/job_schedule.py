from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import JobScheduleFields


class JobSchedule(BaseModel):
    job_schedule: Optional["JobScheduleJobSchedule"] = Field(alias="jobSchedule")


JobScheduleJobSchedule = JobScheduleFields
JobSchedule.model_rebuild()
