"""What may be done to notifications; those of a single message are here by their names."""

from apps.notifications.services.notifications import (
    Message,
    cancel_notification,
    create_notification,
    create_notifications,
)

__all__ = ["Message", "cancel_notification", "create_notification", "create_notifications"]
