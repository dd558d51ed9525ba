"""What may be changed about notifications."""

import graphene

from apps.notifications.schema.inputs import (
    CancelNotificationInput,
    CreateNotificationInput,
    CreateNotificationsInput,
)
from apps.notifications.schema.types import NotificationType
from apps.notifications.services import (
    cancel_notification,
    create_notification,
    create_notifications,
)
from kernel.federation.mutations import Bulk, Create, Update


class Mutation(graphene.ObjectType):
    """Changes of notifications."""

    create_notification = Create(
        NotificationType,
        input=CreateNotificationInput,
        by=create_notification,
        description="Queue a notification.",
    )
    create_notifications = Bulk(
        NotificationType,
        input=CreateNotificationsInput,
        by=create_notifications,
        description="Queue many notifications; a bad one does not keep the others.",
    )
    cancel_notification = Update(
        NotificationType,
        input=CancelNotificationInput,
        by=cancel_notification,
        description="Take a notification back; CONFLICT when it was sent, or tried in vain.",
    )
