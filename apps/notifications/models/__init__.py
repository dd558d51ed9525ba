"""Notifications as rows."""

from apps.notifications.models.endpoints import (
    DeliveryState,
    EndpointState,
    WebhookDelivery,
    WebhookEndpoint,
)
from apps.notifications.models.notifications import (
    Moment,
    Notification,
    NotificationChannel,
    NotificationState,
    Report,
)
from apps.notifications.models.providers import (
    DeviceKind,
    NotificationDevice,
    NotificationProvider,
    ProviderKind,
)
from apps.notifications.models.runs import (
    Digest,
    DigestItem,
    FanOut,
    Passage,
    Run,
    RunState,
    Trigger,
    TriggerState,
)
from apps.notifications.models.subscribers import Subscriber, Suppression, TopicMember
from apps.notifications.models.templates import NotificationTemplate, TemplateVersion
from apps.notifications.models.workflows import EventRule, Workflow, WorkflowVersion

__all__ = [
    "DeliveryState",
    "DeviceKind",
    "Digest",
    "DigestItem",
    "EndpointState",
    "EventRule",
    "FanOut",
    "Moment",
    "Notification",
    "NotificationChannel",
    "NotificationDevice",
    "NotificationProvider",
    "NotificationState",
    "NotificationTemplate",
    "Passage",
    "ProviderKind",
    "Report",
    "Run",
    "RunState",
    "Subscriber",
    "Suppression",
    "TemplateVersion",
    "TopicMember",
    "Trigger",
    "TriggerState",
    "WebhookDelivery",
    "WebhookEndpoint",
    "Workflow",
    "WorkflowVersion",
]
