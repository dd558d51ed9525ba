"""The importexport subgraph."""

from apps.importexport.schema.queries import Query
from apps.importexport.schema.types import ImportJobType
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph("importexport", query=Query, entities=[ImportJobType])
