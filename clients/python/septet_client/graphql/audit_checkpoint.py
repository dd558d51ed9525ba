from datetime import datetime
from typing import Optional

from pydantic import Field

from .base_model import BaseModel


class AuditCheckpoint(BaseModel):
    audit_checkpoint: Optional["AuditCheckpointAuditCheckpoint"] = Field(
        alias="auditCheckpoint"
    )


class AuditCheckpointAuditCheckpoint(BaseModel):
    number: int
    size: int
    root: str
    note: str
    made_at: datetime = Field(alias="madeAt")


AuditCheckpoint.model_rebuild()
