"""The notifications subgraph."""

from apps.notifications.schema.endpoints import WebhookDeliveryType, WebhookEndpointType
from apps.notifications.schema.mutations import Mutation
from apps.notifications.schema.providers import (
    NotificationDeviceType,
    NotificationProviderType,
)
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
        NotificationDeviceType,
        NotificationProviderType,
        NotificationSuppressionType,
        NotificationTemplateType,
        NotificationTriggerType,
        NotificationType,
        NotificationWorkflowType,
        SubscriberType,
        WebhookDeliveryType,
        WebhookEndpointType,
    ],
    more=[jobs_of("notifications"), events_of("notifications")],
)

#: What the table of operations says beside them, or in their place.
NOTES = {
    "Notification": {
        "update": "A message that is under way cannot be reworded, only taken back or tried again.",
        "delete": "It is the record of what somebody was told. Taken back, it stays.",
    },
    "NotificationDevice": {
        "update": "It registers again: the same address is the same device.",
        "bulk": "Each is one browser, app or chat, which registers itself.",
    },
    "NotificationProvider": {"bulk": "A tenant has few of them, and each is thought about."},
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
    "WebhookDelivery": {
        "update": "What happened is not reworded: `redeliverWebhooks` posts it again.",
        "delete": "It goes with its endpoint, or when its time is over.",
    },
    "WebhookEndpoint": {"bulk": "A tenant has few of them, and each is thought about."},
}
