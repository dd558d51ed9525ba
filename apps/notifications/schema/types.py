"""What the graph shows of notifications."""

from typing import Any

import graphene

from apps.notifications.models import (
    Notification,
    NotificationChannel,
    NotificationState,
    NotificationTemplate,
    RunState,
    Subscriber,
    Suppression,
    Trigger,
    TriggerState,
    Workflow,
)
from apps.notifications.selectors.links import inbox_token
from apps.notifications.selectors.timelines import moments_of, runs_of, topics_of
from kernel.federation.batches import Batched
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.references import References
from kernel.federation.scalars import JSON
from kernel.tenancy.context import require

NotificationChannelEnum = graphene.Enum.from_enum(NotificationChannel)
NotificationStateEnum = graphene.Enum.from_enum(NotificationState)
TriggerStateEnum = graphene.Enum.from_enum(TriggerState, name="NotificationTriggerState")
RunStateEnum = graphene.Enum.from_enum(RunState, name="NotificationRunState")
SuppressionReasonEnum = graphene.Enum.from_enum(
    Suppression.Reason, name="NotificationSuppressionReason"
)
_PERSONAL = "Takes the scope notifications:personal."


class NotificationMoment(graphene.ObjectType):
    """What happened to a notification at a moment."""

    at = graphene.DateTime(required=True)
    what = graphene.String(required=True, description="sent, skipped, waits, retried, failed, …")
    code = graphene.String(
        required=True, description="Stable; empty where there is no more to say."
    )
    why = graphene.String(required=True)


@key("id")
class NotificationType(Entity):
    """A message to one person over one channel."""

    class Meta:
        model = Notification
        name = "Notification"
        fields = (
            *("id", "subject", "category", "critical", "priority", "locale", "attempts"),
            *("not_before", "expires_at", "reason_code", "reason", "created_at"),
            *("sent_at", "seen_at", "read_at", "archived_at", "sandboxed", "snoozed_until"),
        )

    recipient = graphene.String(description=_PERSONAL)
    body = graphene.String(description=f"As plain text. {_PERSONAL}")
    channel = NotificationChannelEnum(required=True)
    attachments = References(
        "File",
        column="attachment_ids",
        description="Files that go with it; null for one that is gone.",
    )
    state = NotificationStateEnum(required=True)
    subscriber_id = graphene.ID(description="Whom it is for; null of a bare address.")
    provider_id = graphene.ID(description="Who has carried it; null of what needs nobody.")
    reported = graphene.String(
        required=True,
        description="delivered, undelivered, bounced, complained; empty until somebody tells.",
    )
    timeline = Batched(
        graphene.List(graphene.NonNull(NotificationMoment)),
        load=moments_of,
        description="What happened to it, the oldest first.",
    )


@key("id")
class SubscriberType(Entity):
    """Somebody by a key of the tenant's own, with addresses and wishes."""

    class Meta:
        model = Subscriber
        name = "Subscriber"
        fields = (
            *("id", "key", "locale", "time_zone", "email_verified_at", "phone_verified_at"),
            *("created_at",),
        )

    name = graphene.String(description=_PERSONAL)
    email = graphene.String(description=_PERSONAL)
    phone = graphene.String(description=_PERSONAL)
    webhook_url = graphene.String(description=_PERSONAL)
    preferences = JSON(required=True, description="By category and channel, `*` for all of either.")
    quiet_hours = JSON(required=True, description='`{"from": "22:00", "until": "07:00"}`, or none.')
    topics = Batched(graphene.List(graphene.NonNull(graphene.String)), load=topics_of)
    inbox_token = graphene.String(
        description="Opens the inbox for twelve hours, for a browser of that person."
        " Takes the scope notifications:write."
    )

    @staticmethod
    def resolve_inbox_token(subscriber: Subscriber, _info: Any) -> str:
        require("notifications:write")
        return inbox_token(subscriber)


@key("id")
class NotificationTemplateType(Entity):
    """Texts by a name, for each channel and locale."""

    class Meta:
        model = NotificationTemplate
        name = "NotificationTemplate"
        fields = ("id", "name", "default_locale", "number", "is_layout", "layout", "created_at")

    texts = JSON(
        required=True,
        description="By channel and locale: a subject and a body; of a layout, a body.",
    )
    sample = JSON(required=True, description="What previews and tests are filled with.")


@key("id")
class NotificationWorkflowType(Entity):
    """What happens for each person when something is to be told."""

    class Meta:
        model = Workflow
        name = "NotificationWorkflow"
        fields = ("id", "name", "category", "critical", "enabled", "number", "created_at")

    steps = JSON(required=True)
    rules = JSON(required=True, description="Which events begin it, and for whom.")


class NotificationRun(graphene.ObjectType):
    """Where a workflow stands for one person, and what was decided at each step."""

    subscriber = graphene.String(required=True, description="The key.")
    state = RunStateEnum(required=True)
    waits_until = graphene.DateTime()
    reason = graphene.String(required=True, description="Why it failed; empty unless it did.")
    trace = JSON(required=True)


@key("id")
class NotificationTriggerType(Entity):
    """That a workflow was begun for some people."""

    class Meta:
        model = Trigger
        name = "NotificationTrigger"
        fields = ("id", "key", "priority", "not_before", "expires_at", "created_at")

    workflow_id = graphene.ID(required=True)
    state = TriggerStateEnum(required=True)
    data = JSON(description=_PERSONAL)
    unknown = JSON(required=True, description="Keys that nobody has.")
    runs = Batched(
        graphene.List(graphene.NonNull(NotificationRun)),
        load=runs_of,
        description="Of the first hundred people.",
    )


@key("id")
class NotificationSuppressionType(Entity):
    """An address that nothing is sent to: at all, or of a category."""

    class Meta:
        model = Suppression
        name = "NotificationSuppression"
        fields = ("id", "category", "created_at")

    address = graphene.String(description=_PERSONAL)
    reason = SuppressionReasonEnum(required=True)
