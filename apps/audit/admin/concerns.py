"""What the audit log has for staff to look at."""

from apps.audit.models import AuditExport, AuditStream, ExportState, StreamState
from kernel.admin.concerns import Concern, Duty, lately, register

register(
    Concern(
        "audit streams that are turned off",
        Duty.COMPLIANCE,
        lambda: AuditStream.across_tenants.filter(state=StreamState.DISABLED),
        "state__exact=disabled",
    ),
    Concern(
        "exports of audit logs that failed in the last day",
        Duty.COMPLIANCE,
        lambda: lately(AuditExport.across_tenants.filter(state=ExportState.FAILED)),
        "state__exact=failed",
    ),
)
