"""The events app: outbox, inbox and what is to be delivered again."""

from django.apps import AppConfig
from django.conf import settings


class EventsConfig(AppConfig):
    """Events beside the rows they tell of, in every service's own database."""

    name = "kernel.events"
    label = "events"
    verbose_name = "Events"

    def ready(self) -> None:
        from kernel.events import figures, here, replay_job, upkeep  # noqa: F401  at work
        from kernel.events.kafka import checks  # noqa: F401  registers them
        from kernel.observability.health import Lately, register_check

        register_check("events", here.check)
        if settings.KAFKA_BOOTSTRAP_SERVERS:
            from kernel.events.kafka import brokers

            register_check("kafka", Lately(brokers.check))
