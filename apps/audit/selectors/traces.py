"""The logs of one trace, for the inspector of the back office."""

from collections.abc import Sequence

from apps.audit.models import AuditLog
from kernel.traced.sources import MOST_FOUND, Asked, Found, around, source


@source("Audit logs", permission="audit.view_auditlog")
def audit_logs(asked: Asked) -> Sequence[Found]:
    """Return what was recorded of events of the trace; of content nothing."""
    rows = around(AuditLog.across_tenants.all(), asked)
    return [
        Found(
            at=one.occurred_at,
            title=one.action,
            tenant_id=one.tenant_id,
            page="admin:audit_auditlog_change",
            key=str(one.pk),
        )
        for one in rows.filter(metadata__event__traceId=asked.trace.hex)[:MOST_FOUND]
    ]
