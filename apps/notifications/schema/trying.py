"""Templates are looked at and tried; messages of inboxes are marked for whom they are for."""

from typing import Any

import graphene

from apps.notifications.access import NOTIFICATION, WORKFLOW
from apps.notifications.domain.rendering import Words
from apps.notifications.models import NotificationChannel
from apps.notifications.schema.types import NotificationChannelEnum, NotificationType
from apps.notifications.services.inbox import InboxVerb, mark_notifications
from apps.notifications.services.previewing import preview_of, send_test
from apps.notifications.services.trials import Tried, try_workflow
from kernel.federation.mutations import Bulk, ById, ByIds, Create
from kernel.federation.scalars import JSON
from kernel.tenancy.context import current_principal, require

InboxVerbEnum = graphene.Enum.from_enum(InboxVerb, name="NotificationInboxVerb")
_DATA = "What it is filled with; the sample of the template if none is sent."


class NotificationTemplatePreview(graphene.ObjectType):
    """What a template says."""

    locale = graphene.String(required=True, description="The nearest that there is.")
    subject = graphene.String(required=True)
    text = graphene.String(required=True)
    html = graphene.String(required=True, description="Of an e-mail; else empty.")


class NotificationWorkflowTrialStep(graphene.ObjectType):
    """What one step would do."""

    place = graphene.String(required=True, description="`steps[2].then[0]`")
    what = graphene.String(
        required=True,
        description="`sends`, `skips`, `waits`, `gathers`, `passes`, `was too much`, `holds`,"
        " `does not hold`, `tells its topics` or `fails`.",
    )
    at = graphene.DateTime(required=True)
    code = graphene.String(required=True, description="Of what is skipped or fails; else empty.")
    why = graphene.String(required=True)
    channel = NotificationChannelEnum(description="Of what says something.")
    message = graphene.Field(
        NotificationTemplatePreview,
        description="What somebody would get; null without `notifications:personal`.",
    )

    @staticmethod
    def resolve_channel(tried: Tried, _info: Any) -> str | None:
        return tried.channel or None

    @staticmethod
    def resolve_message(tried: Tried, _info: Any) -> Words | None:
        return tried.words if current_principal().may(NOTIFICATION.columns["body"]) else None


class Previews:
    """Questions whose answers are in no table."""

    notification_template_preview = graphene.Field(
        NotificationTemplatePreview,
        required=True,
        id=graphene.ID(required=True),
        channel=NotificationChannelEnum(required=True),
        locale=graphene.String(description="The default of the template if none is said."),
        data=JSON(description=_DATA),
        description="What a template says, or by its code why it cannot.",
    )

    @staticmethod
    def resolve_notification_template_preview(
        _root: Any, _info: Any, channel: NotificationChannel, **asked: Any
    ) -> Words:
        require(WORKFLOW.read)
        return preview_of(channel=channel, **asked)

    notification_workflow_trial = graphene.List(
        graphene.NonNull(NotificationWorkflowTrialStep),
        required=True,
        id=graphene.ID(required=True),
        subscriber=graphene.String(
            description="The key of whom it is tried on; none is somebody who wants all."
        ),
        data=JSON(),
        seen=graphene.Boolean(description="As if what comes into the inbox were seen."),
        read=graphene.Boolean(description="As if it were read."),
        description="What a workflow would do for somebody from now on, with each decision."
        " Nothing is sent.",
    )

    @staticmethod
    def resolve_notification_workflow_trial(_root: Any, _info: Any, **asked: Any) -> list[Tried]:
        require(WORKFLOW.read)
        return try_workflow(**asked)


class TestNotificationTemplateInput(ById):
    """The template to try, and on whom."""

    recipient = graphene.String(required=True)
    channel = NotificationChannelEnum()
    locale = graphene.String()
    data = JSON(description=_DATA)


class MarkNotificationsInput(ByIds):
    """Messages of inboxes, and what is done to them."""

    verb = InboxVerbEnum(required=True)
    until = graphene.String(
        description="Of SNOOZE: `later`, `tomorrow`, `monday` (at nine, in the person's zone), or a"
        " time with its offset."
    )


class Trials:
    """Changes by whoever tries templates, or shows an inbox of their own."""

    test_notification_template = Create(
        NotificationType,
        input=TestNotificationTemplateInput,
        by=send_test,
        description="Send somebody what a template says, called a test.",
    )
    mark_notifications = Bulk(
        NotificationType,
        input=MarkNotificationsInput,
        by=mark_notifications,
        description="Mark messages of inboxes; what is in none is left as it is.",
    )
