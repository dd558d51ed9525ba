"""Demo data: an hour of CloudTrail records from a simulated attack, and of other demo rows."""

from datetime import UTC, datetime

from django.conf import settings

from apps.audit.adapters.json_lines import JsonLines
from apps.audit.domain.entries import Actor, Entry, Target
from apps.audit.domain.mappings import MAPPINGS
from apps.audit.models import AuditLog
from apps.audit.services import ingest, record_all
from kernel.demo import demo_id

RECORDS = "tests/data/cloudtrail/events.jsonl.gz"
#: The records are of July 2023.
YOUNGER = datetime(2024, 1, 1, tzinfo=UTC)
#: Demo rows of other services, and what was done to them in that hour.
DONE = (
    ("File", "runways.csv", ("file.uploaded", "file.scanned")),
    ("ImportJob", "runways.csv", ("import.queued", "import.done")),
    ("Document", "incident report", ("document.made",)),
)


def load() -> str:
    """Record the demo file in the current tenant, unless it is there already."""
    # What events have told meanwhile, of demo rows of others too, is younger.
    count = AuditLog.objects.filter(occurred_at__lt=YOUNGER).count()
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
    told = record_all(_entries())
    return "; ".join(
        [
            f"{report.recorded:,} audit logs from CloudTrail",
            f"{len(told)} of other demo data",
            *problems,
        ]
    )


def _entries() -> list[Entry]:
    return [
        Entry(
            action=action,
            occurred_at=datetime(2023, 7, 10, 12, 10 + minute, tzinfo=UTC),
            actor=Actor(type="user", id="benjamin@example.com", name="Benjamin"),
            targets=(Target(type=typename, id=str(demo_id(typename, name)), name=name),),
        )
        for typename, name, actions in DONE
        for minute, action in enumerate(actions)
    ]
