"""The audit log as the graph shows it."""

from typing import Any

import graphene

from apps.audit.models import AuditLog
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.pages import connection
from kernel.federation.scalars import JSON


class AuditActor(graphene.ObjectType):
    """Who did it."""

    type = graphene.String(required=True)
    id = graphene.String(required=True)
    name = graphene.String(required=True)


class AuditTarget(graphene.ObjectType):
    """What it was done to."""

    type = graphene.String(required=True)
    id = graphene.String(required=True)
    name = graphene.String(required=True)


class AuditContext(graphene.ObjectType):
    """Where it came from."""

    ip_address = graphene.String(required=True)
    user_agent = graphene.String(required=True)
    location = graphene.String(required=True)
    request_id = graphene.String(required=True)


class AuditChange(graphene.ObjectType):
    """One field before and after."""

    field = graphene.String(required=True)
    before = JSON()
    after = JSON()


@key("id")
class AuditLogType(Entity):
    """One thing that happened."""

    class Meta:
        model = AuditLog
        name = "AuditLog"
        fields = ("id", "occurred_at", "recorded_at", "action", "idempotency_key")

    scope = "audit:read"

    actor = graphene.Field(AuditActor, required=True)
    targets = graphene.List(graphene.NonNull(AuditTarget), required=True)
    context = graphene.Field(AuditContext, required=True)
    changes = graphene.List(graphene.NonNull(AuditChange), required=True)
    metadata = JSON(required=True)

    @staticmethod
    def resolve_actor(log: AuditLog, _info: Any) -> dict[str, str]:
        return {"type": log.actor_type, "id": log.actor_id, "name": log.actor_name}


AuditLogConnection = connection(AuditLogType)


class AuditLogActionCount(graphene.ObjectType):
    """How often something was done."""

    action = graphene.String(required=True)
    count = graphene.Int(required=True)
