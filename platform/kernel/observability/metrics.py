"""Metrics of what is observed itself."""

from prometheus_client import Counter

SPANS = Counter(
    "trace_spans",
    "Spans of traces that are kept, by what became of them: sent to the collector, failed to be,"
    " or dropped because too many waited for it.",
    ["outcome"],
)
LOG_RECORDS = Counter(
    "log_records",
    "Records of the log, by what became of them: sent to the collector, failed to be, or dropped"
    " because too many waited for it.",
    ["outcome"],
)
