"""Schemas of actions in the graph: read by who reads logs, changed by a scope of its own."""

from typing import Any

import graphene

from apps.audit.access import SCHEMA
from apps.audit.models import ActionSchema
from apps.audit.schema.inputs import plain
from apps.audit.schema.types import AuditLogType
from apps.audit.selectors.schemas import schemas
from apps.audit.services.schemas import add_schema, set_mode
from kernel.errors import LimitExceededError
from kernel.federation.access import scope
from kernel.federation.mutations import Change, ChangeInput
from kernel.federation.scalars import JSON

#: Versions of one answer.
MOST_LISTED = 100
LISTED = 20


class AuditSchemaMode(graphene.Enum):
    """What becomes of an entry that does not fit: nothing, a warning, or it is left out."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"


class AuditActionSchema(graphene.ObjectType):
    """A version of the JSON Schema of an action's entries. It never changes, but for its mode."""

    action = graphene.String(required=True)
    version = graphene.Int(required=True)
    mode = AuditSchemaMode(required=True)
    schema = JSON(required=True)
    created_at = graphene.DateTime(required=True)


class AddAuditActionSchemaInput(ChangeInput):
    """The next version of a schema."""

    action = graphene.String(required=True)
    schema = JSON(required=True, description="JSON Schema 2020-12 of a whole entry.")
    mode = AuditSchemaMode(default_value=AuditSchemaMode._meta.enum.WARN)  # noqa: SLF001  as orders are


class SetAuditActionSchemaModeInput(ChangeInput):
    """What a version does from now on."""

    action = graphene.String(required=True)
    version = graphene.Int(required=True)
    mode = AuditSchemaMode(required=True)


class _ChangeOfSchema(Change):
    """Changes what entries have to look like: not for everybody who writes some."""

    def __init__(self, **options: Any) -> None:
        super().__init__(AuditLogType, **options)
        self.scope = SCHEMA

    def results(self) -> dict[str, Any]:
        return {
            "action": graphene.String(),
            "version": graphene.Int(),
            "mode": AuditSchemaMode(),
        }

    def done(self, made: ActionSchema) -> dict[str, Any]:
        return {"action": made.action, "version": made.version, "mode": str(made.mode)}


class SchemaQueries:
    """Reads of schemas."""

    audit_action_schemas = graphene.List(
        graphene.NonNull(AuditActionSchema),
        required=True,
        description="The versions of an action's schema, or of all actions, the newest first.",
        action=graphene.String(),
        first=graphene.Int(description=f"At most {MOST_LISTED}; {LISTED} if not said."),
    )

    @staticmethod
    @scope("audit:read")
    def resolve_audit_action_schemas(
        _root: Any, _info: Any, first: int | None = None, action: str | None = None
    ) -> list[ActionSchema]:
        first = LISTED if first is None else first
        if not 0 <= first <= MOST_LISTED:
            raise LimitExceededError(f"first is 0 to {MOST_LISTED}, found {first}")
        return list(schemas(action).order_by("action", "-version")[:first])


class SchemaMutations:
    """Changes of schemas."""

    add_audit_action_schema = _ChangeOfSchema(
        input=AddAuditActionSchemaInput,
        by=lambda **told: add_schema(**plain(told)),
        description="Add the next version of what the entries of an action have to look like.",
    )
    set_audit_action_schema_mode = _ChangeOfSchema(
        input=SetAuditActionSchemaModeInput,
        by=lambda **told: set_mode(**plain(told)),
        description="Let a version warn, be enforced, or do nothing.",
    )
