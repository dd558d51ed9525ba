from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import JobScheduleFields


class ResumeJobSchedule(BaseModel):
    resume_job_schedule: "ResumeJobScheduleResumeJobSchedule" = Field(
        alias="resumeJobSchedule"
    )


class ResumeJobScheduleResumeJobSchedule(BaseModel):
    job_schedule: Optional["ResumeJobScheduleResumeJobScheduleJobSchedule"] = Field(
        alias="jobSchedule"
    )
    error: Optional["ResumeJobScheduleResumeJobScheduleError"]


ResumeJobScheduleResumeJobScheduleJobSchedule = JobScheduleFields


class ResumeJobScheduleResumeJobScheduleError(BaseModel):
    code: str
    message: str


ResumeJobSchedule.model_rebuild()
ResumeJobScheduleResumeJobSchedule.model_rebuild()
