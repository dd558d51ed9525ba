"""Sources through the graph: which services of others may tell entries over Kafka."""

import base64
from typing import Any

import graphene

from apps.audit.models import IntakeSource
from apps.audit.services.sources import add_source, delete_source
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, ChangeInput, Create, Delete


@key("id")
class AuditSourceType(Entity):
    """A producer, by the `source` of its CloudEvents; it tells into the log of this tenant."""

    class Meta:
        model = IntakeSource
        name = "AuditSource"
        fields = ("id", "source", "added_at")

    public_key = graphene.String(
        description="Ed25519 in base64: what it has not signed is refused. Null: it signs nothing."
    )

    @staticmethod
    def resolve_public_key(source: IntakeSource, _info: Any) -> str | None:
        return base64.b64encode(bytes(source.public_key)).decode() if source.public_key else None


class AuditSourceFilter(graphene.InputObjectType):
    """Which sources; every part that is given has to fit."""

    source = graphene.String()


class AuditSourceOrder(graphene.Enum):
    """In which order sources are listed."""

    NEWEST_FIRST = ("-added_at", "-id")
    SOURCE = ("source", "id")


class AddAuditSourceInput(ChangeInput):
    """Who may tell entries."""

    source = graphene.String(required=True, description="The `source` of its CloudEvents.")
    public_key = graphene.String(description="Ed25519, 32 bytes in base64.")


class RemoveAuditSourceInput(ById):
    """The source that may tell nothing more."""


class Sources:
    """Reads of sources."""

    audit_source = One(AuditSourceType)
    audit_sources = Many(
        AuditSourceType,
        filter=AuditSourceFilter,
        lookups={"source": "source"},
        order=AuditSourceOrder,
    )


class SourceChanges:
    """Changes of sources."""

    add_audit_source = Create(
        AuditSourceType,
        input=AddAuditSourceInput,
        by=lambda source, public_key=None: add_source(source=source, public_key=public_key or ""),
        description="Let a service of others tell entries over Kafka.",
    )
    remove_audit_source = Delete(
        AuditSourceType,
        input=RemoveAuditSourceInput,
        by=delete_source,
        description="Refuse what a service of others tells from now on.",
    )
