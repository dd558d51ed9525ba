"""Notifications for staff."""

from apps.notifications.admin import (
    endpoints,
    people,
    providers,
    sending,
    templates,
    workflows,
)

__all__ = ["endpoints", "people", "providers", "sending", "templates", "workflows"]
