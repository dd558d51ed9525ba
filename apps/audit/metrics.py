"""What a process tells Prometheus of audit logs; a label is never an id or a tenant."""

from prometheus_client import Counter, Gauge

PARTITIONS_AHEAD = Gauge(
    "audit_partitions_ahead",
    "Months beyond this one that have a partition; -1 when it has none.",
    multiprocess_mode="mostrecent",
)
ROWS_OUTSIDE = Gauge(
    "audit_logs_outside_partitions",
    "About how many logs are in no partition of a month.",
    multiprocess_mode="mostrecent",
)
SCHEMA_VIOLATIONS = Counter(
    "audit_schema_violations_total", "Entries that did not fit a schema of their action.", ["mode"]
)
STREAM_WAITING = Gauge(
    "audit_stream_waiting_logs",
    "Sealed logs that the stream which is furthest behind has to send.",
    multiprocess_mode="mostrecent",
)
STREAMS_FAILING = Gauge(
    "audit_streams_failing",
    "Streams whose last message was not taken.",
    multiprocess_mode="mostrecent",
)
