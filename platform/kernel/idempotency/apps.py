"""The idempotency app: what was done under which key."""

from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    """Beside the rows that its keys guard, in every service's own database."""

    name = "kernel.idempotency"
    label = "idempotency"
    verbose_name = "Idempotency keys"

    def ready(self) -> None:
        from kernel.idempotency import upkeep  # noqa: F401  registers its job
