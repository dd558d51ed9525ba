from typing import Optional

from pydantic import Field

from .base_model import BaseModel


class CreateAuditLogs(BaseModel):
    create_audit_logs: "CreateAuditLogsCreateAuditLogs" = Field(alias="createAuditLogs")


class CreateAuditLogsCreateAuditLogs(BaseModel):
    outcomes: Optional[list["CreateAuditLogsCreateAuditLogsOutcomes"]]
    error: Optional["CreateAuditLogsCreateAuditLogsError"]


class CreateAuditLogsCreateAuditLogsOutcomes(BaseModel):
    audit_log: Optional["CreateAuditLogsCreateAuditLogsOutcomesAuditLog"] = Field(
        alias="auditLog"
    )
    error: Optional["CreateAuditLogsCreateAuditLogsOutcomesError"]


class CreateAuditLogsCreateAuditLogsOutcomesAuditLog(BaseModel):
    id: str


class CreateAuditLogsCreateAuditLogsOutcomesError(BaseModel):
    code: str
    message: str


class CreateAuditLogsCreateAuditLogsError(BaseModel):
    code: str
    message: str


CreateAuditLogs.model_rebuild()
CreateAuditLogsCreateAuditLogs.model_rebuild()
CreateAuditLogsCreateAuditLogsOutcomes.model_rebuild()
