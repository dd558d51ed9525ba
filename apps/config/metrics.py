"""What a process tells Prometheus of flags; a label is never an id or a tenant."""

from prometheus_client import Counter, Gauge

LEFT_OUT = Gauge(
    "config_usage_left_out",
    "Answers and exposures that were not counted for want of room.",
    multiprocess_mode="livesum",
)
EVALUATIONS = Counter(
    "config_flag_evaluations_total",
    "Answers of flags, told some seconds later.",
    ["way", "reason"],
)
