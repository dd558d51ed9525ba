"""What a process tells Prometheus of flags; a label is never an id or a tenant."""

from prometheus_client import Gauge

LEFT_OUT = Gauge(
    "config_usage_left_out", "Answers and exposures that were not counted for want of room."
)
