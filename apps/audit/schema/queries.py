"""What may be asked of the audit log."""

from typing import Any

import graphene

from apps.audit.schema.exports import Exports
from apps.audit.schema.inputs import AuditLogFilter, AuditLogOrder, query
from apps.audit.schema.proofs import Proofs
from apps.audit.schema.retention import Retention
from apps.audit.schema.rules import Rules
from apps.audit.schema.schemas import SchemaQueries
from apps.audit.schema.searches import Searches
from apps.audit.schema.sources import Sources
from apps.audit.schema.streams import Streams
from apps.audit.schema.types import AuditLogActionCount, AuditLogType
from apps.audit.schema.viewers import Viewers
from apps.audit.selectors.archived import ArchivedLogs
from apps.audit.selectors.logs import LOOKUPS, counts_by_action, narrowed
from kernel.federation.access import scope
from kernel.federation.fields import Many, One

LOGS = Many(
    AuditLogType,
    filter=AuditLogFilter,
    lookups=LOOKUPS,
    where=lambda logs, wanted: narrowed(logs, query(wanted)),
    elsewhere=lambda wanted: ArchivedLogs(query(wanted)),
    order=AuditLogOrder,
)


class Query(
    Streams,
    Sources,
    Rules,
    Searches,
    Exports,
    Viewers,
    SchemaQueries,
    Proofs,
    Retention,
    graphene.ObjectType,
):
    """Reads of the audit log."""

    audit_log = One(AuditLogType)
    audit_logs = LOGS
    audit_log_action_counts = graphene.List(
        graphene.NonNull(AuditLogActionCount),
        required=True,
        description="The most frequent actions, the largest count first.",
        filter=AuditLogFilter(),
        first=graphene.Int(default_value=20, description="At most 100."),
    )

    @staticmethod
    @scope("audit:read")
    def resolve_audit_log_action_counts(
        _root: Any,
        _info: Any,
        first: int,
        filter: Any = None,
    ) -> list[dict[str, Any]]:
        wanted = LOGS.wanted(filter=filter, first=first)
        counts = counts_by_action(wanted.rows(), most=wanted.window.size)
        return [{"action": action, "count": count} for action, count in counts]
