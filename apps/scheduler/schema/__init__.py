"""The scheduler subgraph."""

from apps.scheduler.schema.mutations import Mutation
from apps.scheduler.schema.queries import Query
from apps.scheduler.schema.types import JobScheduleType
from kernel.background.events import events_of
from kernel.background.jobs import jobs_of
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph(
    "scheduler",
    query=Query,
    mutation=Mutation,
    entities=[JobScheduleType],
    more=[jobs_of("scheduler"), events_of("scheduler")],
)
