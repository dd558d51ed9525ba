"""What may be asked of notifications."""

import graphene

from apps.notifications.schema.inputs import NotificationFilter, NotificationOrder
from apps.notifications.schema.types import NotificationType
from apps.notifications.selectors import Filter, matching
from kernel.federation.fields import Many, One


class Query(graphene.ObjectType):
    """Reads of notifications."""

    notification = One(NotificationType)
    notifications = Many(
        NotificationType,
        filter=NotificationFilter,
        where=lambda notifications, wanted: matching(notifications, Filter(**wanted)),
        order=NotificationOrder,
    )
