"""Every operation of every service: who may run it. A new operation needs a row here.

Nothing of Django is needed to read it: the same documents are sent to services far away.
"""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One root field: a document that uses it, the scope it takes, and what it does to rows.

    `$id` in the document stands for the id of a row of the tenant that owns the data.
    """

    service: str
    name: str
    scope: str
    document: str
    variables: dict[str, Any] = field(default_factory=dict)
    effect: Literal["none", "adds", "changes", "removes"] = "none"

    def text(self, row_id: str) -> str:
        """Return the document for a row of this id."""
        return self.document.replace("$id", row_id)


AN_INPUT = {
    "action": "invoice.approved",
    "occurredAt": "2024-05-01T12:00:00Z",
    "actor": {"type": "user", "id": "u-1"},
}

#: The id of a file that need not be there: its owner is asked only when the file is shown.
A_FILE = "01900000-0000-7000-8000-000000000000"


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


def _change(
    service: str,
    name: str,
    answer: str,
    sent: str,
    effect: Literal["adds", "changes", "removes"],
) -> Operation:
    call = f"{name}(input: {{{sent}}}) {{ {answer} error {{ code }} }}"
    return Operation(
        service=service,
        name=name,
        scope=f"{service}:write",
        document=f"mutation {{ result: {call} }}",
        effect=effect,
    )


def _removals(service: str, entity: str, one: str) -> list[Operation]:
    outcomes = f"outcomes {{ {one} {{ id }} error {{ code }} }}"
    return [
        _change(service, f"delete{entity}", f"{one} {{ id }}", 'id: "$id"', "removes"),
        _change(service, f"delete{entity}s", outcomes, 'ids: ["$id"]', "removes"),
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
        name="_entities",
        scope="audit:read",
        document=(
            f'{{ result: _entities(representations: [{{__typename: "File", id: "{A_FILE}"}}])'
            " { ... on File { auditLogs { nodes { id } } } } }"
        ),
    ),
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
        effect="adds",
    ),
    Operation(
        service="audit",
        name="createAuditLogs",
        scope="audit:write",
        document="""mutation($input: CreateAuditLogsInput!) {
            result: createAuditLogs(input: $input) {
              outcomes { new auditLog { id } error { code } } error { code } } }""",
        variables={"input": {"logs": [AN_INPUT]}},
        effect="adds",
    ),
    _change(
        "notifications",
        "createNotification",
        "notification { id }",
        'recipient: "a@example.com", channel: EMAIL, subject: "Hello"',
        "adds",
    ),
    _change(
        "notifications",
        "createNotifications",
        "outcomes { notification { id } error { code } }",
        'notifications: [{recipient: "a@example.com", channel: EMAIL, subject: "Hello"}]',
        "adds",
    ),
    _change("notifications", "cancelNotification", "notification { id }", 'id: "$id"', "changes"),
    _change("files", "updateFile", "file { id }", 'id: "$id", name: "b.csv"', "changes"),
    *_removals("files", "File", "file"),
    _change(
        "documents", "createDocument", "document { id }", 'title: "Report", format: PDF', "adds"
    ),
    _change("documents", "updateDocument", "document { id }", 'id: "$id", title: "May"', "changes"),
    *_removals("documents", "Document", "document"),
    _change(
        "scheduler",
        "createJobSchedule",
        "jobSchedule { id }",
        'name: "hourly", cron: "0 * * * *"',
        "adds",
    ),
    _change(
        "scheduler",
        "updateJobSchedule",
        "jobSchedule { id }",
        'id: "$id", enabled: false',
        "changes",
    ),
    *_removals("scheduler", "JobSchedule", "jobSchedule"),
    _change("config", "createFeatureFlag", "featureFlag { id }", 'key: "dark-mode"', "adds"),
    _change(
        "config", "updateFeatureFlag", "featureFlag { id }", 'id: "$id", enabled: true', "changes"
    ),
    *_removals("config", "FeatureFlag", "featureFlag"),
    _change(
        "importexport",
        "createImportJob",
        "importJob { id }",
        f'name: "b.csv", format: CSV, sourceId: "{A_FILE}"',
        "adds",
    ),
    _change("importexport", "cancelImportJob", "importJob { id }", 'id: "$id"', "changes"),
    *_removals("importexport", "ImportJob", "importJob"),
]
