"""The events app: outbox, inbox and what is to be delivered again."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Events beside the rows they tell of, in every service's own database."""

    name = "kernel.events"
    label = "events"
    verbose_name = "Events"

    def ready(self) -> None:
        from kernel.events import figures, here, replay_job, upkeep  # noqa: F401  at work
        from kernel.events.kafka import checks  # noqa: F401  registers them
        from kernel.observability.health import register_check

        register_check("events", here.check)
