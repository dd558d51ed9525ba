"""The identity app: tenants, memberships, API keys."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class IdentityConfig(AppConfig):
    """Behind one alias, so that split processes may share it."""

    name = "kernel.identity"
    label = "identity"
    verbose_name = "Identity"

    def ready(self) -> None:
        from kernel.identity import erasure, exports, upkeep  # noqa: F401  registers its jobs
        from kernel.tenancy.policies import guard_tables

        # Told once after all migrations, as an app that has models is.
        post_migrate.connect(guard_tables, sender=self)

        autodiscover_modules("tenant_data")
        erasure.register_erasures()
