"""The notifications subgraph."""

from apps.notifications.schema.mutations import Mutation
from apps.notifications.schema.queries import Query
from apps.notifications.schema.types import NotificationType
from kernel.background.events import events_of
from kernel.background.jobs import jobs_of
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph(
    "notifications",
    query=Query,
    mutation=Mutation,
    entities=[NotificationType],
    more=[jobs_of("notifications"), events_of("notifications")],
)

#: What the table of operations says beside them, or in their place.
NOTES = {
    "Notification": {
        "update": "A message that is under way cannot be reworded, only taken back.",
        "delete": "It is the record of what somebody was told. Taken back, it stays.",
    },
}
