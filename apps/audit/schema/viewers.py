"""Viewer tokens through the graph: given away, looked over, taken back."""

from typing import Any

import graphene
from graphene.utils.str_converters import to_camel_case

from apps.audit.access import EXPORT
from apps.audit.models import ViewerToken
from apps.audit.schema.inputs import AuditLogFilter, given, query
from apps.audit.selectors.viewers import path_of
from apps.audit.services.viewers import (
    MOST_MINUTES,
    USUAL_MINUTES,
    create_viewer_token,
    revoke_viewer_token,
)
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, ChangeInput, Create, Update
from kernel.federation.scalars import JSON


@key("id")
class AuditViewerTokenType(Entity):
    """Who has it sees the logs that its filter finds on a page, without an account."""

    class Meta:
        model = ViewerToken
        name = "AuditViewerToken"
        fields = (
            "id",
            "name",
            "personal",
            "owner_name",
            "created_at",
            "expires_at",
            "opened_at",
            "revoked_at",
        )

    filter = JSON(required=True, description="What it shows; a viewer can only narrow it.")

    path = graphene.String(
        description="Of the audit service: whoever has it sees the page. Null when it is over."
    )

    @staticmethod
    def resolve_path(viewer: ViewerToken, _info: Any) -> str | None:
        return path_of(viewer)

    @staticmethod
    def resolve_filter(viewer: ViewerToken, _info: Any) -> dict[str, Any]:
        return {to_camel_case(name): value for name, value in viewer.query.items()}


class AuditViewerTokenOrder(graphene.Enum):
    """In which order tokens are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class CreateAuditViewerTokenInput(ChangeInput):
    """Which logs to show, and for how long."""

    name = graphene.String(required=True, description="The title of the page.")
    filter = AuditLogFilter(description="All logs of the tenant if nothing is said.")
    minutes = graphene.Int(description=f"1 to {MOST_MINUTES}; {USUAL_MINUTES} if not said.")
    personal = graphene.Boolean(description="True shows personal fields; it takes audit:personal.")


class RevokeAuditViewerTokenInput(ById):
    """The token that is to open nothing any more."""


class Viewers:
    """Reads of viewer tokens."""

    audit_viewer_token = One(AuditViewerTokenType)
    audit_viewer_tokens = Many(AuditViewerTokenType, order=AuditViewerTokenOrder)


class ViewerChanges:
    """Changes of viewer tokens."""

    create_audit_viewer_token = Create(
        AuditViewerTokenType,
        input=CreateAuditViewerTokenInput,
        by=lambda **told: create_viewer_token(**_told(told)),
        scope=EXPORT,
        description="Let who has its path see some logs on a page.",
    )
    revoke_audit_viewer_token = Update(
        AuditViewerTokenType,
        input=RevokeAuditViewerTokenInput,
        by=revoke_viewer_token,
        scope=EXPORT,
        description="Let a token of one's own open nothing any more.",
    )


def _told(sent: dict[str, Any]) -> dict[str, Any]:
    rest = given(sent)
    return rest | {"query": query(rest.pop("filter", None))}
