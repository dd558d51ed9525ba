"""The notifications subgraph."""

from apps.notifications.schema.mutations import Mutation
from apps.notifications.schema.queries import Query
from apps.notifications.schema.types import (
    NotificationSuppressionType,
    NotificationTemplateType,
    NotificationTriggerType,
    NotificationType,
    NotificationWorkflowType,
    SubscriberType,
)
from kernel.background.events import events_of
from kernel.background.jobs import jobs_of
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph(
    "notifications",
    query=Query,
    mutation=Mutation,
    entities=[
        NotificationSuppressionType,
        NotificationTemplateType,
        NotificationTriggerType,
        NotificationType,
        NotificationWorkflowType,
        SubscriberType,
    ],
    more=[jobs_of("notifications"), events_of("notifications")],
)

#: What the table of operations says beside them, or in their place.
NOTES = {
    "Notification": {
        "update": "A message that is under way cannot be reworded, only taken back or tried again.",
        "delete": "It is the record of what somebody was told. Taken back, it stays.",
    },
    "NotificationSuppression": {
        "update": "It is lifted, and another added.",
        "bulk": "Each is thought about.",
    },
    "NotificationTemplate": {"bulk": "A tenant has few of them, and each is thought about."},
    "NotificationTrigger": {
        "update": "`cancelNotificationTrigger`: what was told cannot be reworded.",
        "delete": "It is the record of what was asked for. Cancelled, it stays.",
    },
    "NotificationWorkflow": {"bulk": "A tenant has few of them, and each is thought about."},
}
