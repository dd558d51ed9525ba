"""The documents subgraph."""

from apps.documents.schema.mutations import Mutation
from apps.documents.schema.queries import Query
from apps.documents.schema.types import DocumentType
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph("documents", query=Query, mutation=Mutation, entities=[DocumentType])

#: What the table of operations says beside them, or in their place.
NOTES = {
    "Document": {"update": "Other data or another format make another document."},
}
