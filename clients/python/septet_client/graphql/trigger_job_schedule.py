from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import JobRunFields


class TriggerJobSchedule(BaseModel):
    trigger_job_schedule: "TriggerJobScheduleTriggerJobSchedule" = Field(
        alias="triggerJobSchedule"
    )


class TriggerJobScheduleTriggerJobSchedule(BaseModel):
    job_run: Optional["TriggerJobScheduleTriggerJobScheduleJobRun"] = Field(
        alias="jobRun"
    )
    error: Optional["TriggerJobScheduleTriggerJobScheduleError"]


TriggerJobScheduleTriggerJobScheduleJobRun = JobRunFields


class TriggerJobScheduleTriggerJobScheduleError(BaseModel):
    code: str
    message: str


TriggerJobSchedule.model_rebuild()
TriggerJobScheduleTriggerJobSchedule.model_rebuild()
