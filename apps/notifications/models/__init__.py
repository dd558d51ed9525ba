"""Notifications as rows."""

from apps.notifications.models.notifications import (
    Moment,
    Notification,
    NotificationChannel,
    NotificationState,
)
from apps.notifications.models.runs import (
    Digest,
    DigestItem,
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
    "Digest",
    "DigestItem",
    "EventRule",
    "Moment",
    "Notification",
    "NotificationChannel",
    "NotificationState",
    "NotificationTemplate",
    "Passage",
    "Run",
    "RunState",
    "Subscriber",
    "Suppression",
    "TemplateVersion",
    "TopicMember",
    "Trigger",
    "TriggerState",
    "Workflow",
    "WorkflowVersion",
]
