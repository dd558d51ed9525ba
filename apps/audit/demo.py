"""Demo data: an hour of CloudTrail records from a simulated attack."""

from django.conf import settings

from apps.audit.adapters.json_lines import JsonLines
from apps.audit.domain.mappings import MAPPINGS
from apps.audit.models import AuditLog
from apps.audit.services import ingest

RECORDS = "tests/data/cloudtrail/events.jsonl.gz"


def load() -> str:
    """Record the demo file in the current tenant, unless it is there already."""
    count = AuditLog.objects.count()
    if count:
        return f"{count:,} audit logs"
    problems: list[str] = []
    with JsonLines.open(settings.BASE_DIR / RECORDS) as lines:
        report = ingest(
            lines,
            MAPPINGS["cloudtrail"],
            on_problem=lambda number, why: problems.append(f"line {number}: {why}"),
            on_progress=lambda _: None,
        )
    return "; ".join([f"{report.recorded:,} audit logs from CloudTrail", *problems])
