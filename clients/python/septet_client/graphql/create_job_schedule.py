from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import JobScheduleFields


class CreateJobSchedule(BaseModel):
    create_job_schedule: "CreateJobScheduleCreateJobSchedule" = Field(
        alias="createJobSchedule"
    )


class CreateJobScheduleCreateJobSchedule(BaseModel):
    job_schedule: Optional["CreateJobScheduleCreateJobScheduleJobSchedule"] = Field(
        alias="jobSchedule"
    )
    error: Optional["CreateJobScheduleCreateJobScheduleError"]


CreateJobScheduleCreateJobScheduleJobSchedule = JobScheduleFields


class CreateJobScheduleCreateJobScheduleError(BaseModel):
    code: str
    message: str


CreateJobSchedule.model_rebuild()
CreateJobScheduleCreateJobSchedule.model_rebuild()
