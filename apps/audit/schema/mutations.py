"""What may be told to the audit log; nothing can be changed or deleted."""

from typing import Any

import graphene

from apps.audit.schema.inputs import CreateAuditLogInput, CreateAuditLogsInput, entry
from apps.audit.schema.types import AuditLogType
from apps.audit.services import Outcome, record, record_all
from kernel.federation.mutations import Bulk, Create
from kernel.federation.outcomes import MutationError


class AuditLogOutcome(graphene.ObjectType):
    """What became of one entry of a batch."""

    audit_log = graphene.Field(AuditLogType)
    new = graphene.Boolean(required=True, description="False when it was recorded before.")
    error = graphene.Field(MutationError)


class CreateOne(Create):
    """Records an entry. Its key is kept as long as the entry, and stands for it in the tenant."""

    def keyed(
        self, sent: dict[str, Any], of_request: str | None
    ) -> tuple[str | None, dict[str, Any]]:
        key, rest = super().keyed(sent, of_request)
        return None, rest | {"idempotency_key": key}


class CreateMany(Bulk):
    """Records entries, and says which of them were new."""

    def outcome_type(self) -> type[graphene.ObjectType]:
        return AuditLogOutcome

    def outcome(self, one: Outcome) -> dict[str, Any]:
        error = MutationError.of(one.error) if one.error else None
        return {"audit_log": one.log, "new": one.new, "error": error}


class Mutation(graphene.ObjectType):
    """Changes of the audit log."""

    create_audit_log = CreateOne(
        AuditLogType,
        input=CreateAuditLogInput,
        by=lambda **told: record(entry(told)),
        description="Record one thing that happened.",
    )
    create_audit_logs = CreateMany(
        AuditLogType,
        input=CreateAuditLogsInput,
        by=lambda logs: record_all([entry(told) for told in logs]),
        description="Record many things that happened; a bad entry does not keep the others out.",
    )
