"""What of notifications may be read and written in bulk."""

from apps.notifications.datasets import notifications, subscribers

__all__ = ["notifications", "subscribers"]
