"""The importexport subgraph."""

from apps.importexport.schema.mutations import Mutation
from apps.importexport.schema.queries import Query
from apps.importexport.schema.types import ImportJobType
from kernel.background.events import events_of
from kernel.background.jobs import jobs_of
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph(
    "importexport",
    query=Query,
    mutation=Mutation,
    entities=[ImportJobType],
    more=[jobs_of("importexport"), events_of("importexport")],
)

#: What the table of operations says beside them, or in their place.
NOTES = {
    "ImportJob": {
        "update": "An import is what it was asked for; while it is under way it can be stopped.",
    },
}
