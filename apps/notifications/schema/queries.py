"""What may be asked of notifications."""

from typing import Any

import graphene

from apps.notifications.schema.types import NotificationConnection, NotificationType
from apps.notifications.selectors import all_notifications, by_id
from kernel.federation.access import scope
from kernel.federation.pages import Page, Window, page_arguments


class Query(graphene.ObjectType):
    """Reads of notifications."""

    notification = graphene.Field(NotificationType, id=graphene.ID(required=True))
    notifications = graphene.Field(
        NotificationConnection, required=True, description="The newest first.", **page_arguments()
    )

    @staticmethod
    @scope("notifications:read")
    def resolve_notification(_root: Any, _info: Any, id: str) -> Any:
        return by_id(id)

    @staticmethod
    @scope("notifications:read")
    def resolve_notifications(_root: Any, _info: Any, **window: Any) -> Page:
        return Page(all_notifications(), Window.of(**window), ("-id",))
