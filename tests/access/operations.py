"""Every operation of every service: who may run it. A new operation needs a row here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apps.audit.services import record
from apps.config.services import create_flag
from apps.documents.models import DocumentFormat
from apps.documents.services import create_document
from apps.files.services import create_file
from apps.importexport.models import ImportFormat
from apps.importexport.services import create_import
from apps.notifications.models import NotificationChannel
from apps.notifications.services import create_notification
from apps.scheduler.services import create_schedule
from kernel.tenancy.models import TenantModel
from tests.audit.factories import an_entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One root field: a document that uses it, and the scope it takes.

    `$id` in the document stands for the id of a row of the tenant that owns the data.
    """

    service: str
    name: str
    scope: str
    document: str
    variables: dict[str, Any] = field(default_factory=dict)
    writes: bool = False


AN_INPUT = {
    "action": "invoice.approved",
    "occurredAt": "2024-05-01T12:00:00Z",
    "actor": {"type": "user", "id": "u-1"},
}

#: Makes one row of each service in the current tenant.
ROWS: dict[str, Callable[[], TenantModel]] = {
    "audit": lambda: record(an_entry()),
    "notifications": lambda: create_notification(
        recipient="a@example.com", channel=NotificationChannel.EMAIL, subject="Hello"
    ),
    "files": lambda: create_file(name="a.csv", content_type="text/csv", size_bytes=1),
    "documents": lambda: create_document(title="Report", format=DocumentFormat.PDF),
    "scheduler": lambda: create_schedule(name="nightly", cron="0 3 * * *", time_zone="UTC"),
    "config": lambda: create_flag(key="new-search", description=""),
    "importexport": lambda: create_import(name="a.csv", format=ImportFormat.CSV),
}


def _reads(service: str, entity: str, one: str, many: str) -> list[Operation]:
    scope = f"{service}:read"
    return [
        Operation(
            service=service,
            name=one,
            scope=scope,
            document=f'{{ result: {one}(id: "$id") {{ id }} }}',
        ),
        Operation(
            service=service,
            name=many,
            scope=scope,
            document=f"{{ result: {many} {{ totalCount nodes {{ id }} edges {{ cursor }} }} }}",
        ),
        Operation(
            service=service,
            name="_entities",
            scope=scope,
            document=(
                f'{{ result: _entities(representations: [{{__typename: "{entity}", id: "$id"}}])'
                f" {{ ... on {entity} {{ id }} }} }}"
            ),
        ),
    ]


OPERATIONS = [
    *_reads("audit", "AuditLog", "auditLog", "auditLogs"),
    *_reads("notifications", "Notification", "notification", "notifications"),
    *_reads("files", "File", "file", "files"),
    *_reads("documents", "Document", "document", "documents"),
    *_reads("scheduler", "JobSchedule", "jobSchedule", "jobSchedules"),
    *_reads("config", "FeatureFlag", "featureFlag", "featureFlags"),
    *_reads("importexport", "ImportJob", "importJob", "importJobs"),
    Operation(
        service="audit",
        name="auditLogActionCounts",
        scope="audit:read",
        document="{ result: auditLogActionCounts { action count } }",
    ),
    Operation(
        service="audit",
        name="createAuditLog",
        scope="audit:write",
        document="""mutation($input: CreateAuditLogInput!) {
            result: createAuditLog(input: $input) { auditLog { id } error { code } } }""",
        variables={"input": AN_INPUT},
        writes=True,
    ),
    Operation(
        service="audit",
        name="createAuditLogs",
        scope="audit:write",
        document="""mutation($input: CreateAuditLogsInput!) {
            result: createAuditLogs(input: $input) { outcomes { new } error { code } } }""",
        variables={"input": {"logs": [AN_INPUT]}},
        writes=True,
    ),
]
