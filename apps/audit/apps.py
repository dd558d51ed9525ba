"""The audit app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """An append-only record and its search."""

    name = "apps.audit"
    label = "audit"
    verbose_name = "Audit"
