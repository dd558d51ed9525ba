"""The registry of processes as a Django app, for its table."""

from django.apps import AppConfig


class DiscoveryConfig(AppConfig):
    """Holds who is there, with leases."""

    name = "kernel.discovery"
    label = "discovery"
    verbose_name = "Processes"
