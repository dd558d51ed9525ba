"""Schemas of actions."""

from django.db.models import QuerySet

from apps.audit.models import ActionSchema


def schemas(action: str | None = None) -> QuerySet[ActionSchema]:
    """Return the versions of the current tenant, or those of one action, in their order."""
    rows = ActionSchema.objects.order_by("action", "version")
    return rows.filter(action=action) if action else rows
