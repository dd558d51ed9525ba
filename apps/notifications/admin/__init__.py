"""Notifications for staff."""

from apps.notifications.admin import (
    concerns,
    endpoints,
    people,
    providers,
    sending,
    templates,
    workflows,
)

__all__ = ["concerns", "endpoints", "people", "providers", "sending", "templates", "workflows"]
