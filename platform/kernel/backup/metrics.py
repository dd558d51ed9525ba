"""What Prometheus is told of backups, by the process that has looked last."""

from prometheus_client import Gauge

TAKEN = Gauge(
    "septet_backup_last_timestamp_seconds",
    "When the newest backup was made, in seconds since 1970; 0 for a process that has not looked.",
    multiprocess_mode="mostrecent",
)
PROVED = Gauge(
    "septet_backup_proved_timestamp_seconds",
    "When a backup was last restored elsewhere and was the same, in seconds since 1970.",
    multiprocess_mode="mostrecent",
)
PROBLEMS = Gauge(
    "septet_backup_problems",
    "What the last restore elsewhere found that was not as it was backed up.",
    multiprocess_mode="mostrecent",
)
