"""The scheduler subgraph."""

from apps.scheduler.schema.mutations import Mutation
from apps.scheduler.schema.queries import Query
from apps.scheduler.schema.types import JobScheduleType
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph("scheduler", query=Query, mutation=Mutation, entities=[JobScheduleType])
