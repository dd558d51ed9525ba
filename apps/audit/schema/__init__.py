"""The audit subgraph."""

from apps.audit.schema.contributions import contributions
from apps.audit.schema.mutations import Mutation
from apps.audit.schema.queries import Query
from apps.audit.schema.types import AuditLogType
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph(
    "audit", query=Query, mutation=Mutation, entities=[AuditLogType], contributions=contributions
)

#: What the table of operations says beside them, or in their place.
NOTES = {
    "AuditLog": {
        "update": "The record is append-only: the database refuses a change.",
        "delete": "The record is append-only: the database refuses to delete.",
    },
}
