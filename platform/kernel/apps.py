"""The kernel as a Django app, for its commands and templates."""

from django.apps import AppConfig
from django.conf import settings

from kernel.observability import health


class KernelConfig(AppConfig):
    """Mechanisms every app uses."""

    name = "kernel"
    label = "kernel"

    def ready(self) -> None:
        from kernel.observability import pools  # noqa: F401  told to Prometheus
        from kernel.redis.standing import check as check_redis
        from kernel.secrets import checks  # noqa: F401  registers them

        health.register_check("database", health.check_database)
        health.register_check("migrations", health.check_migrations)
        if settings.REDIS_URL:
            health.register_check("redis", health.Lately(check_redis))
