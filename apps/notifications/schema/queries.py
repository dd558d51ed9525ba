"""What may be asked of notifications."""

import graphene

from apps.notifications.schema.types import NotificationType
from kernel.federation.fields import Many, One


class Query(graphene.ObjectType):
    """Reads of notifications."""

    notification = One(NotificationType)
    notifications = Many(NotificationType, description="The newest first.")
