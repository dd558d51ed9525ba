"""What callers send, and how it becomes an entry."""

from typing import Any

import graphene

from apps.audit.domain.entries import Actor, Change, Context, Entry, Target
from kernel.federation.mutations import ChangeInput
from kernel.federation.scalars import JSON


class AuditActorInput(graphene.InputObjectType):
    """Who did it."""

    type = graphene.String(required=True)
    id = graphene.String(required=True)
    name = graphene.String()


class AuditTargetInput(graphene.InputObjectType):
    """What it was done to."""

    type = graphene.String(required=True)
    id = graphene.String(required=True)
    name = graphene.String()


class AuditContextInput(graphene.InputObjectType):
    """Where it came from."""

    ip_address = graphene.String()
    user_agent = graphene.String()
    location = graphene.String()
    request_id = graphene.String()


class AuditChangeInput(graphene.InputObjectType):
    """One field before and after."""

    field = graphene.String(required=True)
    before = JSON()
    after = JSON()


class CreateAuditLogInput(ChangeInput):
    """One thing that happened."""

    action = graphene.String(required=True, description="Such as `invoice.approved`.")
    occurred_at = graphene.DateTime(required=True, description="With a time zone.")
    actor = AuditActorInput(required=True)
    targets = graphene.List(graphene.NonNull(AuditTargetInput))
    context = AuditContextInput()
    changes = graphene.List(graphene.NonNull(AuditChangeInput))
    metadata = JSON(description="An object of your own.")
    idempotency_key = graphene.String(description="The same key and entry is recorded once.")


class CreateAuditLogsInput(ChangeInput):
    """Many things that happened."""

    logs = graphene.List(graphene.NonNull(CreateAuditLogInput), required=True)


class AuditLogFilter(graphene.InputObjectType):
    """Which logs; every part that is given has to fit."""

    actor_id = graphene.String()
    actor_name = graphene.String()
    actions = graphene.List(graphene.NonNull(graphene.String), description="At most 100.")
    target_type = graphene.String()
    target_id = graphene.String()
    occurred_from = graphene.DateTime(description="This moment or later.")
    occurred_before = graphene.DateTime()
    text = graphene.String(description="Words, or beginnings of words, that all occur.")


class AuditLogOrder(graphene.Enum):
    """In which order logs are listed."""

    NEWEST_FIRST = ("-occurred_at", "-id")
    OLDEST_FIRST = ("occurred_at", "id")


def entry(data: dict[str, Any]) -> Entry:
    """Return the entry that this input tells of."""
    metadata = data.get("metadata")
    return Entry(
        action=data["action"],
        occurred_at=data["occurred_at"],
        actor=Actor(**_told(data["actor"])),
        targets=tuple(Target(**_told(target)) for target in data.get("targets") or ()),
        context=Context(**_told(data.get("context") or {})),
        changes=tuple(Change(**change) for change in data.get("changes") or ()),
        metadata={} if metadata is None else metadata,
        idempotency_key=data.get("idempotency_key"),
    )


def _told(data: dict[str, Any]) -> dict[str, Any]:
    # A field sent as null and a field not sent are the same.
    return {name: value for name, value in data.items() if value is not None}
