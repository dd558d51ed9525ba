"""What a process tells Prometheus of imports and exports; a label is never an id or a tenant."""

from prometheus_client import Counter

ROWS = Counter(
    "importexport_rows_total",
    "Rows that were gone through: `check` and `run` of imports, `export` of exports.",
    ["direction"],
)
