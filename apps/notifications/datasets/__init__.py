"""What of notifications may be read and written in bulk."""

from apps.notifications.datasets import notifications, preferences, subscribers, templates

__all__ = ["notifications", "preferences", "subscribers", "templates"]
