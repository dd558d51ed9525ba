"""The events app: outbox, inbox and what is to be delivered again."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Events beside the rows they tell of, in every service's own database."""

    name = "kernel.events"
    label = "events"
    verbose_name = "Events"
