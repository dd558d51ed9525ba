"""Saved filters as a Django app, for their table."""

from django.apps import AppConfig


class SavedFiltersConfig(AppConfig):
    """Holds what staff keep of the lists of the back office."""

    name = "kernel.saved_filters"
    label = "saved_filters"
    verbose_name = "Saved filters"
