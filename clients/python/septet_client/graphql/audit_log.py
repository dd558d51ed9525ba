from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import AuditLogFields


class AuditLog(BaseModel):
    audit_log: Optional["AuditLogAuditLog"] = Field(alias="auditLog")


AuditLogAuditLog = AuditLogFields
AuditLog.model_rebuild()
