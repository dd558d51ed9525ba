"""The identity app: tenants, memberships, API keys."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Behind one alias, so that split processes may share it."""

    name = "kernel.identity"
    label = "identity"
    verbose_name = "Identity"

    def ready(self) -> None:
        from kernel.identity import upkeep  # noqa: F401  registers its jobs
