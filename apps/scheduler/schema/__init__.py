"""The scheduler subgraph."""

from apps.scheduler.schema.mutations import Mutation
from apps.scheduler.schema.queries import Query
from apps.scheduler.schema.types import JobRunType, JobScheduleType
from kernel.background.events import events_of
from kernel.background.jobs import jobs_of
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph(
    "scheduler",
    query=Query,
    mutation=Mutation,
    entities=[JobRunType, JobScheduleType],
    more=[jobs_of("scheduler"), events_of("scheduler")],
)

#: What the table of operations says beside them, or in their place.
NOTES = {
    "JobRun": {
        "create": "Schedules make them, and `triggerJobSchedule`.",
        "update": "`cancelJobRun`, `terminateJobRun`: what came of a run stays as it was.",
        "delete": "`deleteJobSchedule`; they are forgotten after `keepRunsDays`.",
        "bulk": "As above.",
    },
}
