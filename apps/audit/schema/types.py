"""The audit log as the graph shows it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import graphene
from graphql import GraphQLResolveInfo

from apps.audit.models import AuditLog
from apps.audit.schema.facets import Facets, OverTime
from apps.audit.selectors.archived import logs_by_id
from apps.audit.selectors.subjects import (
    PersonalField,
    PersonalState,
    may_see_personal,
    personal_fields,
    with_personal,
)
from kernel.federation.batches import load_for
from kernel.federation.directives import key, list_size
from kernel.federation.entities import Entity
from kernel.federation.fields import Embedded
from kernel.federation.scalars import JSON

#: Of one log usually.
MOST_PERSONAL = 10


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


PersonalStateEnum = graphene.Enum.from_enum(
    PersonalState, name="AuditPersonalState", description="What is to be seen of it."
)


class AuditPersonalField(graphene.ObjectType):
    """A field that tells of a person: shown in its place, or nothing stands there."""

    pointer = graphene.String(required=True, description="Its place, such as `/actor/name`.")
    state = PersonalStateEnum(required=True)


class EmbeddedActor(Embedded):
    """The actor, with what is personal of it if that may be seen."""

    def wrap_resolve(self, parent_resolver: Any) -> Callable[..., Any]:
        plain = super().wrap_resolve(parent_resolver)
        return lambda log, info: (
            plain(log, info) if log.sealed is None else part(log, info, "actor")
        )


def part(log: AuditLog, info: GraphQLResolveInfo, name: str) -> Any:
    """Return a part of a log with its personal fields, as far as whoever asks may see them."""
    return with_personal(log, _personal(log, info))[name]


def _personal(log: AuditLog, info: GraphQLResolveInfo) -> list[PersonalField]:
    shown = may_see_personal()
    found = load_for(
        log,
        info,
        lambda one: (one,),
        lambda logs: personal_fields(logs, shown=shown),
        shared=PersonalField,
    )
    return found.get(log.pk, [])


def _shown(name: str) -> Callable[..., Any]:
    """Return the resolver of a part that is a column; the compiled path reads that."""

    def resolve(log: AuditLog, info: GraphQLResolveInfo) -> Any:
        return getattr(log, name) if log.sealed is None else part(log, info, name)

    resolve.plain = True  # type: ignore[attr-defined]  # see Entity.kept_apart
    return resolve


@key("id")
class AuditLogType(Entity):
    """One thing that happened."""

    class Meta:
        model = AuditLog
        name = "AuditLog"
        fields = ("id", "occurred_at", "recorded_at", "action", "idempotency_key")

    keeps_elsewhere = True
    kept_apart = "sealed"

    actor = EmbeddedActor(AuditActor, type="actor_type", id="actor_id", name="actor_name")
    targets = graphene.List(graphene.NonNull(AuditTarget), required=True)
    context = graphene.Field(AuditContext, required=True)
    changes = graphene.List(graphene.NonNull(AuditChange), required=True)
    metadata = JSON(required=True)
    personal = list_size(assumed_size=MOST_PERSONAL)(
        graphene.List(
            graphene.NonNull(AuditPersonalField),
            required=True,
            description="Fields that take audit:personal to be seen, and can be erased.",
        )
    )

    resolve_targets = _shown("targets")
    resolve_context = _shown("context")
    resolve_changes = _shown("changes")
    resolve_metadata = _shown("metadata")

    @classmethod
    def connection_fields(cls) -> dict[str, graphene.Field]:
        return {"facets": Facets(), "histogram": OverTime()}

    @staticmethod
    def resolve_personal(log: AuditLog, info: GraphQLResolveInfo) -> list[PersonalField]:
        return _personal(log, info)

    @classmethod
    def elsewhere(cls, ids: Sequence[UUID]) -> Mapping[UUID, AuditLog]:
        """Return those of these logs that are archived."""
        return logs_by_id(ids)


class AuditLogActionCount(graphene.ObjectType):
    """How often something was done."""

    action = graphene.String(required=True)
    count = graphene.Int(required=True)
