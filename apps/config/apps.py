"""The config app."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Dynamic configuration and feature flags that change without a release."""

    name = "apps.config"
    label = "config"
    verbose_name = "Config"
