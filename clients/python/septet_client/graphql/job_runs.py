from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import JobRunFields


class JobRuns(BaseModel):
    job_runs: "JobRunsJobRuns" = Field(alias="jobRuns")


class JobRunsJobRuns(BaseModel):
    nodes: list["JobRunsJobRunsNodes"]
    page_info: "JobRunsJobRunsPageInfo" = Field(alias="pageInfo")


JobRunsJobRunsNodes = JobRunFields


class JobRunsJobRunsPageInfo(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    end_cursor: Optional[str] = Field(alias="endCursor")


JobRuns.model_rebuild()
JobRunsJobRuns.model_rebuild()
