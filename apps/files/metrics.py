"""What a process tells Prometheus of files; a label is never an id or a tenant."""

from prometheus_client import Counter, Gauge, Histogram

VERDICTS = Counter("files_verdicts_total", "Verdicts on files.", ["outcome"])
SCAN_SECONDS = Histogram(
    "files_scan_seconds",
    "How long a scan took, with reading.",
    buckets=(0.01, 0.1, 1, 10, 60, 600, 3600),
)
SCANNER_UP = Gauge(
    "files_scanner_up",
    "Whether the scanner answered when it was last asked.",
    multiprocess_mode="mostrecent",
)
DERIVATIVES = Counter(
    "files_derivatives_total", "Pictures and texts of files that were tried.", ["kind", "outcome"]
)
DERIVE_SECONDS = Histogram(
    "files_derive_seconds",
    "How long making pictures of a file, or reading its text, took.",
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
)
