from typing import Any, Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import AuditLogFields


class CreateAuditLog(BaseModel):
    create_audit_log: "CreateAuditLogCreateAuditLog" = Field(alias="createAuditLog")


class CreateAuditLogCreateAuditLog(BaseModel):
    audit_log: Optional["CreateAuditLogCreateAuditLogAuditLog"] = Field(
        alias="auditLog"
    )
    receipt: Optional[Any]
    error: Optional["CreateAuditLogCreateAuditLogError"]


CreateAuditLogCreateAuditLogAuditLog = AuditLogFields


class CreateAuditLogCreateAuditLogError(BaseModel):
    code: str
    message: str


CreateAuditLog.model_rebuild()
CreateAuditLogCreateAuditLog.model_rebuild()
