"""What may be asked of the audit log."""

from typing import Any

import graphene

from apps.audit.schema.inputs import AuditLogFilter, AuditLogOrder
from apps.audit.schema.types import AuditLogActionCount, AuditLogConnection, AuditLogType
from apps.audit.selectors import Filter, by_id, counts_by_action, matching
from kernel.federation.access import scope
from kernel.federation.pages import Page, Window, page_arguments


class Query(graphene.ObjectType):
    """Reads of the audit log."""

    audit_log = graphene.Field(AuditLogType, id=graphene.ID(required=True))
    audit_logs = graphene.Field(
        AuditLogConnection,
        required=True,
        filter=AuditLogFilter(),
        order=AuditLogOrder(default_value=AuditLogOrder.NEWEST_FIRST),
        **page_arguments(),
    )
    audit_log_action_counts = graphene.List(
        graphene.NonNull(AuditLogActionCount),
        required=True,
        description="The most frequent actions, the largest count first.",
        filter=AuditLogFilter(),
        first=graphene.Int(default_value=20, description="At most 100."),
    )

    @staticmethod
    @scope("audit:read")
    def resolve_audit_log(_root: Any, _info: Any, id: str) -> Any:
        return by_id(id)

    @staticmethod
    @scope("audit:read")
    def resolve_audit_logs(
        _root: Any,
        _info: Any,
        order: Any,
        filter: Any = None,
        **window: Any,
    ) -> Page:
        return Page(matching(Filter(**(filter or {}))), Window.of(**window), order.value)

    @staticmethod
    @scope("audit:read")
    def resolve_audit_log_action_counts(
        _root: Any,
        _info: Any,
        first: int,
        filter: Any = None,
    ) -> list[dict[str, Any]]:
        counts = counts_by_action(Filter(**(filter or {})), most=Window.of(first=first).size)
        return [{"action": action, "count": count} for action, count in counts]
