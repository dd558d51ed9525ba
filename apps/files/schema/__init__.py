"""The files subgraph."""

from apps.files.schema.queries import Query
from apps.files.schema.types import FileType
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph("files", query=Query, entities=[FileType])
