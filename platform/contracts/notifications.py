"""What happens to notifications."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationCreated(Event):
    """Something is to be said to somebody; neither what nor to whom is told here."""

    TYPE: ClassVar[str] = "notifications.notification.created.v1"
    ENTITY: ClassVar[str] = "Notification"
    SUBJECT: ClassVar[str] = "notification_id"

    notification_id: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationCancelled(Event):
    """A notification was taken back before it was sent."""

    TYPE: ClassVar[str] = "notifications.notification.cancelled.v1"
    ENTITY: ClassVar[str] = "Notification"
    SUBJECT: ClassVar[str] = "notification_id"

    notification_id: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSent(Event):
    """A notification was given to what delivers it; whether it is read is not known by that."""

    TYPE: ClassVar[str] = "notifications.notification.sent.v1"
    ENTITY: ClassVar[str] = "Notification"
    SUBJECT: ClassVar[str] = "notification_id"

    notification_id: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSkipped(Event):
    """A notification is not sent, because of somebody's wish or address; the code says why."""

    TYPE: ClassVar[str] = "notifications.notification.skipped.v1"
    ENTITY: ClassVar[str] = "Notification"
    SUBJECT: ClassVar[str] = "notification_id"

    notification_id: str
    channel: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationFailed(Event):
    """A notification is not tried again unless somebody asks for it; the code says why."""

    TYPE: ClassVar[str] = "notifications.notification.failed.v1"
    ENTITY: ClassVar[str] = "Notification"
    SUBJECT: ClassVar[str] = "notification_id"

    notification_id: str
    channel: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRequeued(Event):
    """Somebody lets a notification be tried again that had failed or was skipped."""

    TYPE: ClassVar[str] = "notifications.notification.requeued.v1"
    ENTITY: ClassVar[str] = "Notification"
    SUBJECT: ClassVar[str] = "notification_id"

    notification_id: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRead(Event):
    """Somebody has read a notification in the inbox."""

    TYPE: ClassVar[str] = "notifications.notification.read.v1"
    ENTITY: ClassVar[str] = "Notification"
    SUBJECT: ClassVar[str] = "notification_id"

    notification_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSnoozed(Event):
    """Somebody has put a notification of the inbox off until a moment."""

    TYPE: ClassVar[str] = "notifications.notification.snoozed.v1"
    ENTITY: ClassVar[str] = "Notification"
    SUBJECT: ClassVar[str] = "notification_id"

    notification_id: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationWoken(Event):
    """A notification that was put off has come into the inbox anew, unread."""

    TYPE: ClassVar[str] = "notifications.notification.woken.v1"
    ENTITY: ClassVar[str] = "Notification"
    SUBJECT: ClassVar[str] = "notification_id"

    notification_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberCreated(Event):
    """Somebody can be told something, by a key of the tenant's own."""

    TYPE: ClassVar[str] = "notifications.subscriber.created.v1"
    ENTITY: ClassVar[str] = "Subscriber"
    SUBJECT: ClassVar[str] = "subscriber_id"
    LABEL: ClassVar[str] = "key"

    subscriber_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberChanged(Event):
    """A subscriber is otherwise, in the fields named."""

    TYPE: ClassVar[str] = "notifications.subscriber.changed.v1"
    ENTITY: ClassVar[str] = "Subscriber"
    SUBJECT: ClassVar[str] = "subscriber_id"
    LABEL: ClassVar[str] = "key"

    subscriber_id: str
    key: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberDeleted(Event):
    """A subscriber is gone, with all that was said to them."""

    TYPE: ClassVar[str] = "notifications.subscriber.deleted.v1"
    ENTITY: ClassVar[str] = "Subscriber"
    SUBJECT: ClassVar[str] = "subscriber_id"
    LABEL: ClassVar[str] = "key"

    subscriber_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplateCreated(Event):
    """There is a template of messages."""

    TYPE: ClassVar[str] = "notifications.template.created.v1"
    ENTITY: ClassVar[str] = "NotificationTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplateChanged(Event):
    """Messages are made of the version of this number from now on."""

    TYPE: ClassVar[str] = "notifications.template.changed.v1"
    ENTITY: ClassVar[str] = "NotificationTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplateDeleted(Event):
    """A template of messages is gone with its versions."""

    TYPE: ClassVar[str] = "notifications.template.deleted.v1"
    ENTITY: ClassVar[str] = "NotificationTemplate"
    SUBJECT: ClassVar[str] = "template_id"
    LABEL: ClassVar[str] = "name"

    template_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowCreated(Event):
    """There is a workflow that can be begun."""

    TYPE: ClassVar[str] = "notifications.workflow.created.v1"
    ENTITY: ClassVar[str] = "NotificationWorkflow"
    SUBJECT: ClassVar[str] = "workflow_id"
    LABEL: ClassVar[str] = "name"

    workflow_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowChanged(Event):
    """A workflow is otherwise; its steps are those of this number."""

    TYPE: ClassVar[str] = "notifications.workflow.changed.v1"
    ENTITY: ClassVar[str] = "NotificationWorkflow"
    SUBJECT: ClassVar[str] = "workflow_id"
    LABEL: ClassVar[str] = "name"

    workflow_id: str
    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowDeleted(Event):
    """A workflow is gone with what it had under way."""

    TYPE: ClassVar[str] = "notifications.workflow.deleted.v1"
    ENTITY: ClassVar[str] = "NotificationWorkflow"
    SUBJECT: ClassVar[str] = "workflow_id"
    LABEL: ClassVar[str] = "name"

    workflow_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerAccepted(Event):
    """A workflow is begun, now or at its time."""

    TYPE: ClassVar[str] = "notifications.trigger.accepted.v1"
    ENTITY: ClassVar[str] = "NotificationTrigger"
    SUBJECT: ClassVar[str] = "trigger_id"

    trigger_id: str
    workflow_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerSubmitted(Event):
    """A service of others wants to begin a workflow; whether it may is not judged yet."""

    TYPE: ClassVar[str] = "notifications.intake.submitted.v1"
    ENTITY: ClassVar[str] = "NotificationTrigger"
    SUBJECT: ClassVar[str] = "message_id"
    UNJUDGED: ClassVar[bool] = True

    #: Of the CloudEvent: who says to have made it, and by what id.
    source: str
    message_id: str
    #: All of the CloudEvent, in JSON.
    message: str
    #: SHA-256 of the message as it came, in hex, and what its header says to be the signature.
    sha256: str
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerFannedOut(Event):
    """A step has told everybody in its topics by the inbox: one event for all of them."""

    TYPE: ClassVar[str] = "notifications.trigger.fanned_out.v1"
    ENTITY: ClassVar[str] = "NotificationTrigger"
    SUBJECT: ClassVar[str] = "trigger_id"

    trigger_id: str
    workflow_id: str
    #: How many were told: not who wants none of it.
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerCancelled(Event):
    """Nothing more comes of a trigger."""

    TYPE: ClassVar[str] = "notifications.trigger.cancelled.v1"
    ENTITY: ClassVar[str] = "NotificationTrigger"
    SUBJECT: ClassVar[str] = "trigger_id"

    trigger_id: str
    workflow_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionAdded(Event):
    """Nothing is sent to an address any more, or nothing of a category; the address is not told."""

    TYPE: ClassVar[str] = "notifications.suppression.added.v1"
    ENTITY: ClassVar[str] = "NotificationSuppression"
    SUBJECT: ClassVar[str] = "suppression_id"

    suppression_id: str
    category: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionLifted(Event):
    """An address may be sent to again."""

    TYPE: ClassVar[str] = "notifications.suppression.lifted.v1"
    ENTITY: ClassVar[str] = "NotificationSuppression"
    SUBJECT: ClassVar[str] = "suppression_id"

    suppression_id: str
    category: str
