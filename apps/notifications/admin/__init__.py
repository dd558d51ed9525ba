"""Notifications for staff."""

from apps.notifications.admin import people, sending, workflows

__all__ = ["people", "sending", "workflows"]
