"""What callers send about notifications."""

import graphene

from apps.notifications.schema.types import NotificationChannelEnum, NotificationStateEnum
from kernel.federation.mutations import ById, ChangeInput


class NotificationFilter(graphene.InputObjectType):
    """Which notifications; every part that is given has to fit."""

    recipient = graphene.String()
    channel = NotificationChannelEnum()
    state = NotificationStateEnum()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class NotificationOrder(graphene.Enum):
    """In which order notifications are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class NotificationInput(graphene.InputObjectType):
    """A message to one person."""

    recipient = graphene.String(required=True)
    channel = NotificationChannelEnum(required=True)
    subject = graphene.String(required=True)
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
