"""Demo data: an hour of CloudTrail records from a simulated attack, and of other demo rows."""

from datetime import UTC, datetime

from django.conf import settings

from apps.audit.adapters.json_lines import JsonLines
from apps.audit.domain.entries import Actor, Entry, Personal, Target
from apps.audit.domain.mappings import MAPPINGS
from apps.audit.domain.queries import LogQuery
from apps.audit.models import (
    ActionSchema,
    AuditLog,
    AuditSearch,
    AuditStream,
    IntakeSource,
    LegalHold,
    PersonalFieldRule,
    RetentionPolicy,
    StreamFormat,
    StreamState,
    ViewerToken,
)
from apps.audit.services.holds import place_hold, release_hold
from apps.audit.services.personal_rules import add_rule
from apps.audit.services.policies import create_policy
from apps.audit.services.recording import ingest, record_all
from apps.audit.services.schemas import add_schema
from apps.audit.services.searches import create_search
from apps.audit.services.sources import add_source
from apps.audit.services.viewers import create_viewer_token
from kernel.demo import demo_id

RECORDS = "tests/data/cloudtrail/events.jsonl.gz"
#: Who may tell entries by Kafka: one tenant's, as every source is.
SOURCE = "https://shop.example/checkout"
ORDER_PLACED = {
    "type": "object",
    "properties": {
        "metadata": {"type": "object", "required": ["total"], "properties": {"total": {}}}
    },
}
#: The records are of July 2023.
YOUNGER = datetime(2024, 1, 1, tzinfo=UTC)
#: Somebody who may ask to be erased.
OWNER = "ada@example.com"
#: Demo rows of other services, and what was done to them in that hour.
DONE = (
    ("File", "runways.csv", ("file.uploaded", "file.scanned")),
    ("ImportJob", "countries.csv", ("import.queued", "import.done")),
    ("Document", "incident report", ("document.made",)),
)


def load() -> str:
    """Record the demo file in the current tenant, unless it is there already."""
    _make_stream()
    _make_rules()
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


def _make_stream() -> None:
    # Not sent: nobody is at that address.
    AuditStream.objects.get_or_create(
        name="siem",
        defaults={
            "address": "syslog+tls://siem.example:6514",
            "format": StreamFormat.CEF,
            "state": StreamState.PAUSED,
        },
    )


def _make_rules() -> None:
    """Make what an auditor sets up, each unless there is one already."""
    if not RetentionPolicy.objects.exists():
        create_policy(actions="s3.*", live_days=90, archived_days=7 * 365)
    if not ActionSchema.objects.exists():
        add_schema(action="order.placed", schema=ORDER_PLACED)
    if not PersonalFieldRule.objects.exists():
        add_rule(
            actions="order.*",
            subject="/metadata/customer/id",
            fields=["/metadata/customer/email", "/context/ipAddress"],
        )
    if not IntakeSource.across_tenants.filter(source=SOURCE).exists():
        add_source(source=SOURCE)
    if not AuditSearch.objects.exists():
        create_search(name="Secrets deleted", query={"text": "delete secret"}, shared=True)
    if not ViewerToken.objects.exists():
        create_viewer_token(name="For the insurer", query=LogQuery(actor_name="bert-jan"))
    if not LegalHold.objects.exists():
        hold = place_hold(
            name="Incident of July 2023",
            reason="Counsel asked for it.",
            query={"actor_name": "bert-jan"},
        )
        # One that holds would keep the demo's tenant from being deleted.
        release_hold(id=str(hold.pk), reason="The case is closed.")


def _entries() -> list[Entry]:
    return [
        Entry(
            action=action,
            occurred_at=datetime(2023, 7, 10, 12, 10 + minute, tzinfo=UTC),
            actor=Actor(type="user", id="benjamin@example.com", name="Benjamin"),
            targets=(Target(type=typename, id=str(demo_id(typename, name)), name=name),),
            metadata={"owner": OWNER},
            personal=(Personal(subject=OWNER, fields=("/metadata/owner",)),),
        )
        for typename, name, actions in DONE
        for minute, action in enumerate(actions)
    ]
