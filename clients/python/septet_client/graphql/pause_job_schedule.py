from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import JobScheduleFields


class PauseJobSchedule(BaseModel):
    pause_job_schedule: "PauseJobSchedulePauseJobSchedule" = Field(
        alias="pauseJobSchedule"
    )


class PauseJobSchedulePauseJobSchedule(BaseModel):
    job_schedule: Optional["PauseJobSchedulePauseJobScheduleJobSchedule"] = Field(
        alias="jobSchedule"
    )
    error: Optional["PauseJobSchedulePauseJobScheduleError"]


PauseJobSchedulePauseJobScheduleJobSchedule = JobScheduleFields


class PauseJobSchedulePauseJobScheduleError(BaseModel):
    code: str
    message: str


PauseJobSchedule.model_rebuild()
PauseJobSchedulePauseJobSchedule.model_rebuild()
