"""What may be asked of notifications."""

import graphene

from apps.notifications.schema.inputs import NotificationFilter, NotificationOrder
from apps.notifications.schema.types import NotificationType
from apps.notifications.selectors import LOOKUPS
from kernel.federation.fields import Many, One


class Query(graphene.ObjectType):
    """Reads of notifications."""

    notification = One(NotificationType)
    notifications = Many(
        NotificationType,
        filter=NotificationFilter,
        lookups=LOOKUPS,
        order=NotificationOrder,
    )
