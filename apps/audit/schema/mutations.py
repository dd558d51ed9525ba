"""What may be told to the audit log; nothing can be changed or deleted."""

from typing import Any

import graphene

from apps.audit.schema.inputs import CreateAuditLogInput, CreateAuditLogsInput, entry
from apps.audit.schema.types import AuditLogType
from apps.audit.services import record, record_all
from kernel.federation.mutations import Change, MutationError


class CreateAuditLog(Change):
    """Record one thing that happened."""

    class Arguments:
        input = CreateAuditLogInput(required=True)

    scope = "audit:write"

    audit_log = graphene.Field(AuditLogType)
    error = graphene.Field(MutationError)

    @classmethod
    def perform(cls, **data: Any) -> dict[str, Any]:
        return {"audit_log": record(entry(data))}


class AuditLogOutcome(graphene.ObjectType):
    """What became of one entry of a batch."""

    audit_log = graphene.Field(AuditLogType)
    new = graphene.Boolean(required=True, description="False when it was recorded before.")
    error = graphene.Field(MutationError)


class CreateAuditLogs(Change):
    """Record many things that happened; a bad entry does not keep the others out."""

    class Arguments:
        input = CreateAuditLogsInput(required=True)

    scope = "audit:write"

    outcomes = graphene.List(
        graphene.NonNull(AuditLogOutcome), description="One for each entry, in their order."
    )
    error = graphene.Field(MutationError)

    @classmethod
    def perform(cls, **data: Any) -> dict[str, Any]:
        outcomes = record_all([entry(log) for log in data["logs"]])
        return {
            "outcomes": [
                AuditLogOutcome(
                    audit_log=outcome.log,
                    new=outcome.new,
                    error=MutationError.of(outcome.error) if outcome.error else None,
                )
                for outcome in outcomes
            ]
        }


class Mutation(graphene.ObjectType):
    """Changes of the audit log."""

    create_audit_log = CreateAuditLog.Field(required=True)
    create_audit_logs = CreateAuditLogs.Field(required=True)
