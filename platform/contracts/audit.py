"""What happens to audit logs."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLogsRecorded(Event):
    """A caller's entries were recorded, in one transaction."""

    TYPE: ClassVar[str] = "audit.auditlog.recorded.v1"
    ENTITY: ClassVar[str] = "AuditLog"
    SUBJECT: ClassVar[str] = "first_log_id"

    first_log_id: str
    count: int
