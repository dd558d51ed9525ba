"""The audit app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """An append-only record and its search."""

    name = "apps.audit"
    label = "audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        from apps.audit import checks, chores, datasets, tasks  # noqa: F401  registers them
        from apps.audit.selectors import figures, traces  # noqa: F401  registers its search
        from kernel.observability.health import register_check

        register_check("audit", figures.check)
