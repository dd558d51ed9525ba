"""What callers send about notifications."""

import graphene

from apps.notifications.schema.types import (
    NotificationChannelEnum,
    NotificationStateEnum,
    SuppressionReasonEnum,
    TriggerStateEnum,
)
from kernel.federation.mutations import ById, ByIds, ChangeInput
from kernel.federation.scalars import JSON

_KEYS = graphene.NonNull(graphene.String)


class NotificationFilter(graphene.InputObjectType):
    """Which notifications; every part that is given has to fit."""

    recipient = graphene.String()
    channel = NotificationChannelEnum()
    state = NotificationStateEnum()
    sandboxed = graphene.Boolean(description="What would have gone out, but here nothing does.")
    category = graphene.String()
    subscriber_id = graphene.ID()
    trigger_id = graphene.ID(description="What came of a trigger.")
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class NotificationOrder(graphene.Enum):
    """In which order notifications are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class NotificationInput(graphene.InputObjectType):
    """A message to one person."""

    recipient = graphene.String(
        required=True,
        description="An address of e-mail, a number; of inbox, push and chat, a subscriber's key.",
    )
    channel = NotificationChannelEnum(required=True)
    subject = graphene.String(required=True)
    body = graphene.String(description="Plain text; the subject if there is none.")
    category = graphene.String()
    critical = graphene.Boolean(description="It comes whatever somebody wants, and at night.")
    priority = graphene.Int(description="Of two that wait, the greater goes first.")
    not_before = graphene.DateTime()
    expires_at = graphene.DateTime(description="Not sent from then on.")
    attachment_ids = graphene.List(
        graphene.NonNull(graphene.ID), description="Ids of files that go with it, at most 20."
    )


class CreateNotificationInput(ChangeInput, NotificationInput):
    """A message to one person."""


class CreateNotificationsInput(ChangeInput):
    """Messages, at most 100."""

    notifications = graphene.List(graphene.NonNull(NotificationInput), required=True)


class CancelNotificationInput(ById):
    """The notification to take back."""


class ResendNotificationInput(ById):
    """The notification to try again."""


class SubscriberFilter(graphene.InputObjectType):
    """Which subscribers."""

    keys = graphene.List(_KEYS, description="At most 100.")
    email = graphene.String()
    topic = graphene.String()


class SubscriberOrder(graphene.Enum):
    """In which order subscribers are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    KEY = ("key", "id")


class _SubscriberFields(graphene.InputObjectType):
    """What may be said of a subscriber."""

    name = graphene.String()
    email = graphene.String()
    email_verified = graphene.Boolean(description="That the address is known to be theirs.")
    phone = graphene.String(description="E.164, such as +4915112345678.")
    phone_verified = graphene.Boolean(description="That the number is known to be theirs.")
    webhook_url = graphene.String(
        description="Its secret is told by rotateSubscriberWebhookSecret."
    )
    locale = graphene.String()
    time_zone = graphene.String(description="Of the IANA database, such as Europe/Berlin.")
    preferences = JSON(description='`{"billing": {"email": false}}`; `*` for all of either.')
    quiet_hours = JSON(description='`{"from": "22:00", "until": "07:00"}`, in their zone.')
    topics = graphene.List(_KEYS, description="All of them, at most 100.")


class CreateSubscriberInput(ChangeInput, _SubscriberFields):
    """A subscriber to be."""

    key = graphene.String(required=True, description="Of your own; one has it.")


class UpdateSubscriberInput(ById, _SubscriberFields):
    """What becomes of a subscriber; what is not sent stays."""


class DeleteSubscriberInput(ById):
    """The subscriber to remove."""


class DeleteSubscribersInput(ByIds):
    """The subscribers to remove."""


class VerifySubscriberEmailInput(ById):
    """Whose address is to be verified."""


class RotateSubscriberWebhookSecretInput(ById):
    """Whose webhooks are to be signed by another secret."""

    secret = graphene.String(description="`whsec_` and 24 to 64 bytes in base64; else a new one.")


class NotificationTemplateFilter(graphene.InputObjectType):
    """Which templates."""

    names = graphene.List(_KEYS, description="At most 100.")
    is_layout = graphene.Boolean(description="What stands around others, or what says something.")
    layout = graphene.String(description="What is in a layout, by its name.")


class NotificationTemplateOrder(graphene.Enum):
    """In which order templates are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    NAME = ("name", "id")


_LAYOUT = "What stands around it, by its name; empty for nothing."
_TEXTS = "By channel and locale: a subject and a body; of a layout, a body with {{ content }}."
_SAMPLE = "What previews and tests are filled with."


class CreateNotificationTemplateInput(ChangeInput):
    """A template to be."""

    name = graphene.String(required=True)
    texts = JSON(required=True, description=_TEXTS)
    default_locale = graphene.String()
    sample = JSON(description=_SAMPLE)
    is_layout = graphene.Boolean(description="It stands around others, and says nothing itself.")
    layout = graphene.String(description=_LAYOUT)


class UpdateNotificationTemplateInput(ById):
    """What a template says from now on."""

    texts = JSON(description=_TEXTS)
    default_locale = graphene.String()
    sample = JSON(description=_SAMPLE)
    layout = graphene.String(description=_LAYOUT)


class DeleteNotificationTemplateInput(ById):
    """The template to remove."""


class NotificationWorkflowFilter(graphene.InputObjectType):
    """Which workflows."""

    names = graphene.List(_KEYS, description="At most 100.")
    category = graphene.String()
    enabled = graphene.Boolean()


class NotificationWorkflowOrder(graphene.Enum):
    """In which order workflows are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    NAME = ("name", "id")


class CreateNotificationWorkflowInput(ChangeInput):
    """A workflow to be."""

    name = graphene.String(required=True)
    steps = JSON(required=True)
    category = graphene.String(description="By which people say what they want.")
    critical = graphene.Boolean(description="It comes whatever somebody wants, and at night.")
    enabled = graphene.Boolean()
    rules = JSON(description="Which events begin it, and for whom.")


class UpdateNotificationWorkflowInput(ById):
    """What becomes of a workflow; what is not sent stays."""

    steps = JSON()
    category = graphene.String()
    critical = graphene.Boolean()
    enabled = graphene.Boolean()
    rules = JSON()


class DeleteNotificationWorkflowInput(ById):
    """The workflow to remove."""


class NotificationTriggerFilter(graphene.InputObjectType):
    """Which triggers."""

    workflow_id = graphene.ID()
    state = TriggerStateEnum()
    key = graphene.String()


class NotificationTriggerOrder(graphene.Enum):
    """In which order triggers are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class NotificationTriggerInput(graphene.InputObjectType):
    """What is to be told, by which workflow, to whom."""

    workflow = graphene.String(required=True, description="By its name.")
    subscribers = graphene.List(_KEYS, description="Their keys, at most 1,000.")
    topics = graphene.List(_KEYS, description="Everybody in them, each once; at most 20.")
    data = JSON(description="What templates and conditions see as `data`.")
    key = graphene.String(description="Told again with the same key, it is the same trigger.")
    priority = graphene.Int(description="-10 to 10; of two that wait, the greater goes first.")
    not_before = graphene.DateTime()
    expires_at = graphene.DateTime(description="Nothing is sent from then on.")


class TriggerNotificationWorkflowInput(ChangeInput, NotificationTriggerInput):
    """What is to be told, by which workflow, to whom."""


class TriggerNotificationWorkflowsInput(ChangeInput):
    """What is to be told, at most 100."""

    triggers = graphene.List(graphene.NonNull(NotificationTriggerInput), required=True)


class CancelNotificationTriggerInput(ById):
    """The trigger of which nothing more is to come."""


class NotificationSuppressionFilter(graphene.InputObjectType):
    """Which suppressed addresses."""

    address = graphene.String()
    category = graphene.String()
    reason = SuppressionReasonEnum()


class NotificationSuppressionOrder(graphene.Enum):
    """In which order suppressed addresses are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class CreateNotificationSuppressionInput(ChangeInput):
    """An address that nothing is to be sent to."""

    address = graphene.String(required=True)
    category = graphene.String(description="Nothing of this; nothing at all if there is none.")
    reason = SuppressionReasonEnum()


class DeleteNotificationSuppressionInput(ById):
    """The suppression to lift."""
