"""The audit log as the graph shows it."""

import graphene

from apps.audit.models import AuditLog
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Embedded
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

    actor = Embedded(AuditActor, type="actor_type", id="actor_id", name="actor_name")
    targets = graphene.List(graphene.NonNull(AuditTarget), required=True)
    context = graphene.Field(AuditContext, required=True)
    changes = graphene.List(graphene.NonNull(AuditChange), required=True)
    metadata = JSON(required=True)


class AuditLogActionCount(graphene.ObjectType):
    """How often something was done."""

    action = graphene.String(required=True)
    count = graphene.Int(required=True)
