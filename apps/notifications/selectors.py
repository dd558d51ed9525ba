"""Reads of notifications, always within the current tenant."""

from django.db.models import QuerySet

from apps.notifications.models import Notification
from kernel.errors import NotFoundError
from kernel.ids import parse_id


def by_id(notification_id: str) -> Notification:
    """Return one; raises NotFoundError when this tenant has none of that id."""
    found = Notification.objects.filter(pk=parse_id(notification_id)).first()
    if found is None:
        raise NotFoundError(f"no notification {notification_id}")
    return found


def all_notifications() -> QuerySet[Notification]:
    """Return every one of this tenant."""
    return Notification.objects.all()
