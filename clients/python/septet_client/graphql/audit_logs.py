from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import AuditLogFields


class AuditLogs(BaseModel):
    audit_logs: "AuditLogsAuditLogs" = Field(alias="auditLogs")


class AuditLogsAuditLogs(BaseModel):
    nodes: list["AuditLogsAuditLogsNodes"]
    page_info: "AuditLogsAuditLogsPageInfo" = Field(alias="pageInfo")


AuditLogsAuditLogsNodes = AuditLogFields


class AuditLogsAuditLogsPageInfo(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    end_cursor: Optional[str] = Field(alias="endCursor")


AuditLogs.model_rebuild()
AuditLogsAuditLogs.model_rebuild()
