"""The documents subgraph."""

from apps.documents.schema.queries import Query
from apps.documents.schema.types import DocumentType
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph("documents", query=Query, entities=[DocumentType])
