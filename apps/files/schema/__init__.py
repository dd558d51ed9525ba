"""The files subgraph."""

from apps.files.schema.mutations import Mutation
from apps.files.schema.queries import Query
from apps.files.schema.types import FileType
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph("files", query=Query, mutation=Mutation, entities=[FileType])

#: What the table of operations says beside them, or in their place.
NOTES = {
    "File": {
        "create": "A file comes by upload: bytes do not travel in a GraphQL document.",
        "update": "Other bytes are another upload.",
    },
}
