"""Paths for those who run the platform."""

from django.conf import settings
from django.urls import path

from kernel.observability import health
from kernel.observability.exporting import metrics

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("health/startup", health.startup, name="health-startup"),
    # With a port of its own it is open to nobody else.
    *([] if settings.OPERATIONS_PORT else [path("metrics", metrics, name="metrics")]),
]
