"""The notification as the graph shows it."""

import graphene

from apps.notifications.models import Notification, NotificationChannel, NotificationState
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.references import References

NotificationChannelEnum = graphene.Enum.from_enum(NotificationChannel)
NotificationStateEnum = graphene.Enum.from_enum(NotificationState)


@key("id")
class NotificationType(Entity):
    """A message to one person over one channel."""

    class Meta:
        model = Notification
        name = "Notification"
        fields = ("id", "recipient", "subject", "created_at")

    scope = "notifications:read"

    channel = NotificationChannelEnum(required=True)
    attachments = References(
        "File",
        column="attachment_ids",
        description="Files that go with it; null for one that is gone.",
    )
    state = NotificationStateEnum(required=True)
