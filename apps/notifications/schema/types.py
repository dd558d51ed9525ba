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
        fields = ("id", "subject", "created_at")

    recipient = graphene.String(description="Takes the scope notifications:personal.")
    channel = NotificationChannelEnum(required=True)
    attachments = References(
        "File",
        column="attachment_ids",
        description="Files that go with it; null for one that is gone.",
    )
    state = NotificationStateEnum(required=True)
