"""Every operation of every service: who may run it. A new operation needs a row here.

Nothing of Django is needed to read it: the same documents are sent to services far away.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tests.access import (
    of_config,
    of_documents,
    of_files,
    of_imports,
    of_making,
    of_notifications,
    of_schedules,
    of_tables,
)


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
    #: What `$id` is the id of: a row of the service's own, if nothing is said.
    row: str = ""
    #: What it adds is known by one name to all tenants: the second that adds it is told so.
    one_for_all: bool = False

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


def _of_retention(entity: str, one: str, many: str) -> list[Operation]:
    reads = _reads("audit", entity, one, many)
    return [replace(read, scope="audit:retain", row=entity) for read in reads]


def _change(
    service: str,
    name: str,
    answer: str,
    sent: str,
    effect: Literal["none", "adds", "changes", "removes"],
) -> Operation:
    call = f"{name}(input: {{{sent}}}) {{ {answer} error {{ code }} }}"
    return Operation(
        service=service,
        name=name,
        scope=f"{service}:write",
        document=f"mutation {{ result: {call} }}",
        effect=effect,
    )


def _retained(
    name: str, entity: str, sent: str, effect: Literal["adds", "changes", "removes"]
) -> Operation:
    member = entity[0].lower() + entity[1:]
    change = _change("audit", name, f"{member} {{ id }}", sent, effect)
    return replace(change, scope="audit:retain", row=entity)


def _streamed(name: str, sent: str, effect: Literal["adds", "changes", "removes"]) -> Operation:
    change = _change("audit", name, "auditStream { id }", sent, effect)
    return replace(change, scope="audit:stream", row="stream")


def _removals(service: str, entity: str, one: str) -> list[Operation]:
    outcomes = f"outcomes {{ {one} {{ id }} error {{ code }} }}"
    return [
        _change(service, f"delete{entity}", f"{one} {{ id }}", 'id: "$id"', "removes"),
        _change(service, f"delete{entity}s", outcomes, 'ids: ["$id"]', "removes"),
    ]


def _of_jobs(service: str) -> list[Operation]:
    """Return the operations on a service's jobs: one that failed, and one that has not begun."""
    outcomes = "outcomes { job { id } error { code } } error { code }"
    reads = {
        f"{service}Job": f'{service}Job(id: "$id") {{ id state }}',
        f"{service}Jobs": f"{service}Jobs {{ totalCount nodes {{ id }} edges {{ cursor }} }}",
    }
    changes = {f"{service}RetryJobs": "failed job", f"{service}CancelJobs": "queued job"}
    return [
        *(
            Operation(
                service=service,
                name=name,
                scope=f"{service}:read",
                document=f"{{ result: {asked} }}",
                row="failed job",
            )
            for name, asked in reads.items()
        ),
        *(
            Operation(
                service=service,
                name=name,
                scope=f"{service}:write",
                document=f'mutation {{ result: {name}(input: {{ids: ["$id"]}}) {{ {outcomes} }} }}',
                effect="changes",
                row=row,
            )
            for name, row in changes.items()
        ),
    ]


def _of_dead_letters(service: str) -> list[Operation]:
    """Return the operations on what a service could not handle."""
    listed = f"{service}DeadLetters {{ totalCount nodes {{ id event }} edges {{ cursor }} }}"
    outcomes = "outcomes { deadLetter { id } error { code } } error { code }"
    return [
        Operation(
            service=service,
            name=f"{service}DeadLetters",
            scope=f"{service}:read",
            document=f"{{ result: {listed} }}",
            row="dead letter",
        ),
        *(
            Operation(
                service=service,
                name=name,
                scope=f"{service}:write",
                document=f'mutation {{ result: {name}(input: {{ids: ["$id"]}}) {{ {outcomes} }} }}',
                effect="changes",
                row="dead letter",
            )
            for name in (f"{service}ReplayDeadLetters", f"{service}DiscardDeadLetters")
        ),
    ]


def _of_configuration() -> list[Operation]:
    """Return the operations on configurations, and on what is said of them in an environment."""
    where = 'environment: "production"'
    says = f'{where}, values: [{{key: "mail.host", value: "b"}}]'
    answer = "revision changed { key version } error { code }"
    member = "configuration { id }"
    of_rows = [
        *_reads("config", "Configuration", "configuration", "configurations"),
        _change("config", "createConfiguration", member, 'key: "retries", type: INTEGER', "adds"),
        _change("config", "updateConfiguration", member, 'id: "$id", owner: "ops"', "changes"),
        _change("config", "deleteConfiguration", member, 'id: "$id"', "removes"),
    ]
    undo = f'{where}, key: "mail.host", version: 1'
    reads = {
        "configurationValues": f"configurationValues({where}) {{ revision values {{ key }} }}",
        "configurationVersions": (
            f'configurationVersions({where}, key: "mail.host") {{ number value }}'
        ),
        "checkConfigurationValues": f"checkConfigurationValues({says}) {{ code findings }}",
    }
    return [
        *(replace(one, row="configuration") for one in of_rows),
        *(
            Operation(
                service="config",
                name=name,
                scope="config:write" if name.startswith("check") else "config:read",
                document=f"{{ result: {asked} }}",
                row="configuration value",
            )
            for name, asked in reads.items()
        ),
        *(
            replace(_change("config", name, answer, sent, "changes"), row="configuration value")
            for name, sent in {
                "setConfigurationValues": says,
                "rollBackConfigurationValue": undo,
            }.items()
        ),
        Operation(
            service="config",
            name="importConfigurationValues",
            scope="config:write",
            document=f"""mutation($values: JSON!) {{ result: importConfigurationValues(
                input: {{{where}, values: $values}}) {{ {answer} }} }}""",
            variables={"values": {"mail.host": "b"}},
            effect="changes",
            row="configuration value",
        ),
    ]


_DYNAMIC_SETTINGS = [
    Operation(
        service="config",
        name=name,
        scope="config:read",
        document=f"{{ result: {asked} }}",
    )
    for name, asked in {
        "dynamicSettings": "dynamicSettings { key value }",
        "dynamicSettingValues": "dynamicSettingValues(after: -1) { revision values }",
    }.items()
]


def _of_groups(service: str) -> list[Operation]:
    """Return what no scope opens, for it is of all tenants; see test_events_graph.py."""
    group = f'group: "{service}.erasure"'
    documents = {
        "ConsumerGroups": "{{ result: {name} {{ name lagEvents }} }}",
        "PauseConsumerGroup": (
            f"mutation {{{{ result: {{name}}(input: {{{{{group}}}}})"
            " {{ changed error {{ code }} }} }}"
        ),
        "ResumeConsumerGroup": (
            f"mutation {{{{ result: {{name}}(input: {{{{{group}}}}})"
            " {{ changed error {{ code }} }} }}"
        ),
        "ReplayEvents": (
            f"mutation {{{{ result: {{name}}(input: {{{{{group}, deadLetters: true}}}})"
            " {{ count replayId error {{ code }} }} }}"
        ),
    }
    return [
        Operation(
            service=service,
            name=f"{service}{what}",
            scope=f"{service}:read" if what == "ConsumerGroups" else f"{service}:write",
            document=text.format(name=f"{service}{what}"),
        )
        for what, text in documents.items()
    ]


SERVICES = ("audit", "notifications", "files", "documents", "scheduler", "config", "importexport")

OPERATIONS = [
    *(one for service in SERVICES for one in _of_jobs(service)),
    *(one for service in SERVICES for one in _of_dead_letters(service)),
    *_reads("audit", "AuditLog", "auditLog", "auditLogs"),
    *(
        replace(operation, row="search")
        for operation in [
            *_reads("audit", "AuditSearch", "auditSearch", "auditSearches"),
            _change(
                "audit",
                "createAuditSearch",
                "auditSearch { id }",
                'name: "Gold", filter: {text: "gold"}',
                "adds",
            ),
            _change(
                "audit",
                "updateAuditSearch",
                "auditSearch { id }",
                'id: "$id", name: "Silver"',
                "changes",
            ),
            _change("audit", "deleteAuditSearch", "auditSearch { id }", 'id: "$id"', "removes"),
        ]
    ),
    *(
        replace(one, scope="audit:source", row="source", one_for_all=one.name == "addAuditSource")
        for one in (
            *_reads("audit", "AuditSource", "auditSource", "auditSources"),
            _change(
                "audit",
                "addAuditSource",
                "auditSource { id }",
                'source: "https://shop.example/orders"',
                "adds",
            ),
            _change("audit", "removeAuditSource", "auditSource { id }", 'id: "$id"', "removes"),
        )
    ),
    *(
        replace(one, scope="audit:schema", row="AuditPersonalRule")
        for one in (
            *_reads("audit", "AuditPersonalRule", "auditPersonalRule", "auditPersonalRules"),
            _change(
                "audit",
                "addAuditPersonalRule",
                "auditPersonalRule { id }",
                'actions: "a.*", subject: "/actor/id", fields: ["/actor/name"]',
                "adds",
            ),
            _change(
                "audit", "endAuditPersonalRule", "auditPersonalRule { id }", 'id: "$id"', "changes"
            ),
        )
    ),
    *(
        replace(read, scope="audit:stream", row="stream")
        for read in _reads("audit", "AuditStream", "auditStream", "auditStreams")
    ),
    _streamed("createAuditStream", 'name: "box", address: "syslog+tls://a.example:6514"', "adds"),
    _streamed("updateAuditStream", 'id: "$id", format: CEF', "changes"),
    _streamed("deleteAuditStream", 'id: "$id"', "removes"),
    _streamed("pauseAuditStream", 'id: "$id"', "changes"),
    _streamed("resumeAuditStream", 'id: "$id"', "changes"),
    _streamed("replayAuditStream", 'id: "$id", fromPosition: 0', "changes"),
    # Nothing is sent into our own networks, which the answer says: no row is another by it.
    Operation(
        service="audit",
        name="testAuditStream",
        scope="audit:stream",
        document="""mutation { result: testAuditStream(input: {id: "$id"}) {
            auditStream { name } } }""",
        row="stream",
    ),
    *(
        replace(operation, scope=operation.scope.replace("write", "export"), row="export")
        for operation in [
            *_reads("audit", "AuditExport", "auditExport", "auditExports"),
            _change("audit", "exportAuditLogs", "auditExport { id }", "format: CSV", "adds"),
            _change("audit", "cancelAuditExport", "auditExport { id }", 'id: "$id"', "changes"),
        ]
    ),
    *(
        replace(operation, scope=operation.scope.replace("write", "export"), row="viewer token")
        for operation in [
            *_reads("audit", "AuditViewerToken", "auditViewerToken", "auditViewerTokens"),
            _change(
                "audit",
                "createAuditViewerToken",
                "auditViewerToken { id path }",
                'name: "Ours", filter: {text: "gold"}',
                "adds",
            ),
            _change(
                "audit",
                "revokeAuditViewerToken",
                "auditViewerToken { id }",
                'id: "$id"',
                "changes",
            ),
        ]
    ),
    *_of_retention("AuditRetentionPolicy", "auditRetentionPolicy", "auditRetentionPolicies"),
    *_of_retention("AuditLegalHold", "auditLegalHold", "auditLegalHolds"),
    *_of_retention("AuditArchive", "auditArchive", "auditArchives"),
    Operation(
        service="audit",
        name="auditRetentionPlan",
        scope="audit:retain",
        document="{ result: auditRetentionPlan { month actions logs held due archived } }",
    ),
    _retained(
        "createAuditRetentionPolicy",
        "AuditRetentionPolicy",
        'actions: "invoice.*", liveDays: 30',
        "adds",
    ),
    _retained(
        "updateAuditRetentionPolicy", "AuditRetentionPolicy", 'id: "$id", liveDays: 31', "changes"
    ),
    _retained("deleteAuditRetentionPolicy", "AuditRetentionPolicy", 'id: "$id"', "removes"),
    _retained(
        "placeAuditLegalHold",
        "AuditLegalHold",
        'name: "Case 8", reason: "asked for", filter: {actorId: "u-1"}',
        "adds",
    ),
    _retained("releaseAuditLegalHold", "AuditLegalHold", 'id: "$id", reason: "settled"', "changes"),
    _retained("restoreAuditArchive", "AuditArchive", 'id: "$id"', "changes"),
    *_reads("notifications", "Notification", "notification", "notifications"),
    *(
        replace(read, row=row)
        for entity, one, many, row in of_notifications.READS
        for read in _reads("notifications", entity, one, many)
    ),
    *(
        replace(read, row=row, scope=of_files.SCOPES.get(entity, read.scope))
        for entity, one, many, row in of_files.READS
        for read in _reads("files", entity, one, many)
    ),
    Operation(
        service="files",
        name="folderByPath",
        scope="files:read",
        document='{ result: folderByPath(path: "/plans") { id } }',
        row="named folder",
    ),
    Operation(
        service="files",
        name="allowedFileTypes",
        scope="files:read",
        document="{ result: allowedFileTypes { types everywhere } }",
        row="types",
    ),
    *_reads("documents", "Document", "document", "documents"),
    *(
        replace(read, row=row)
        for entity, one, many, row in of_documents.READS
        for read in _reads("documents", entity, one, many)
    ),
    *(
        Operation(
            service="documents",
            name=name,
            scope="documents:read",
            document=f"{{ result: {asked} }}",
            row=row,
        )
        for name, asked, row in of_documents.ASKED
    ),
    *(
        replace(read, row=row)
        for entity, one, many, row in of_making.READS
        for read in _reads("documents", entity, one, many)
    ),
    *_reads("scheduler", "JobSchedule", "jobSchedule", "jobSchedules"),
    *(
        replace(read, row=row)
        for entity, one, many, row in of_schedules.READS
        for read in _reads("scheduler", entity, one, many)
    ),
    *(
        Operation(
            service="scheduler",
            name=name,
            scope=scope,
            document=f"{{ {asked} }}",
        )
        for name, asked, scope in of_schedules.QUESTIONS
    ),
    *(
        replace(read, row=row)
        for entity, one, many, row in of_config.READS
        for read in _reads("config", entity, one, many)
    ),
    *_reads("importexport", "ImportJob", "importJob", "importJobs"),
    *(
        replace(read, row=row)
        for entity, one, many, row in of_imports.READS
        for read in _reads("importexport", entity, one, many)
    ),
    *(
        replace(read, row=row)
        for entity, one, many, row in of_tables.READS
        for read in _reads("importexport", entity, one, many)
    ),
    *(
        Operation(
            service="importexport",
            name=name,
            scope="importexport:read",
            document=f"{{ result: {asked} }}",
            row=row,
        )
        for name, asked, row in (*of_tables.QUESTIONS, *of_imports.QUESTIONS)
    ),
    Operation(
        service="importexport",
        name="datasets",
        scope="importexport:read",
        # With no other scope there is none of them.
        document="{ datasets { name } result: __typename }",
    ),
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
        name="auditCheckpoint",
        scope="audit:read",
        document="{ result: auditCheckpoint { number size root note madeAt } }",
    ),
    Operation(
        service="audit",
        name="auditLogProof",
        scope="audit:read",
        document='{ result: auditLogProof(id: "$id") { record position path } }',
    ),
    Operation(
        service="audit",
        name="auditConsistencyProof",
        scope="audit:read",
        document="{ result: auditConsistencyProof(older: 0, newer: 1) { older newer path } }",
    ),
    Operation(
        service="audit",
        name="auditTile",
        scope="audit:read",
        document="{ result: auditTile(level: 0, number: 0, width: 1) }",
    ),
    Operation(
        service="audit",
        name="auditVerifierKeys",
        scope="audit:read",
        document="{ result: auditVerifierKeys { key madeAt signsUntil } }",
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
    Operation(
        service="audit",
        name="eraseAuditSubject",
        scope="audit:erase",
        document="""mutation { result: eraseAuditSubject(input: {subject: "nobody"}) {
            logs erasedAt heldBy error { code } } }""",
    ),
    Operation(
        service="audit",
        name="auditActionSchemas",
        scope="audit:read",
        document="{ result: auditActionSchemas { action version mode schema createdAt } }",
        row="action schema",
    ),
    Operation(
        service="audit",
        name="addAuditActionSchema",
        scope="audit:schema",
        document="""mutation($schema: JSON!) { result: addAuditActionSchema(
            input: {action: "a.done", schema: $schema}) { action version mode error { code } } }""",
        variables={"schema": {"type": "object"}},
        effect="adds",
        row="action schema",
    ),
    Operation(
        service="audit",
        name="setAuditActionSchemaMode",
        scope="audit:schema",
        document="""mutation { result: setAuditActionSchemaMode(
            input: {action: "a.done", version: 1, mode: OFF}) { version mode error { code } } }""",
        effect="changes",
        row="action schema",
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
    *(
        replace(_change("notifications", name, answer, sent, effect), row=row)
        for name, answer, sent, effect, row in of_notifications.CHANGES
    ),
    *(
        replace(
            _change("notifications", name, answer, sent, "none"),
            row="notification workflow",
        )
        for name, answer, sent in of_notifications.BY_NAME
    ),
    *(
        Operation(
            service="notifications",
            name=name,
            scope="notifications:read",
            document=f"{{ result: {asked} }}",
            row=row,
        )
        for name, asked, row in of_notifications.QUESTIONS
    ),
    *(
        replace(
            _change("files", name, "file { id }", f'id: "$id"{more}', "changes"),
            row="infected file",
            scope=scope,
        )
        for name, more, scope in (
            ("rescanFile", "", "files:write"),
            ("releaseFile", ', reason: "known to be good"', "files:release"),
            ("quarantineFile", ', reason: "looks odd"', "files:release"),
        )
    ),
    *_removals("files", "File", "file"),
    *(
        replace(
            _change("files", name, answer, sent, effect),
            row=row,
            scope=of_files.SCOPES.get(name, "files:write"),
        )
        for name, answer, sent, effect, row in of_files.CHANGES
    ),
    *(
        replace(_change("documents", name, answer, sent, effect), row=row)
        for name, answer, sent, effect, row in of_making.CHANGES
    ),
    *_removals("documents", "Document", "document"),
    *(
        replace(
            _change("documents", name, answer, sent, effect),
            row=row,
            scope=of_documents.SCOPES.get(name, "documents:write"),
        )
        for name, answer, sent, effect, row in of_documents.CHANGES
    ),
    *(
        replace(_change("documents", name, answer, sent, "none"), row=row)
        for name, answer, sent, row in of_documents.ASIDE
    ),
    *(
        replace(_change("scheduler", name, answer, sent, effect), row=row)
        for name, answer, sent, effect, row in of_schedules.CHANGES
    ),
    *_removals("scheduler", "JobSchedule", "jobSchedule"),
    *(
        replace(
            _change("config", name, answer, sent, effect),
            row=row,
            scope=of_config.SCOPES.get(name, "config:write"),
        )
        for name, answer, sent, effect, row in of_config.CHANGES
    ),
    *(
        Operation(
            service="config",
            name=name,
            scope="config:write",
            document=f"mutation {{ result: {name}(input: {{{sent}}}) {{ {answer} }} }}",
            row=row,
        )
        for name, answer, sent, row in of_config.ASIDE
    ),
    Operation(
        service="config",
        name="reportOutcomes",
        scope="config:evaluate",
        document=(
            'mutation { result: reportOutcomes(reports: [{flag: "new-search", variant: "on",'
            " outcomes: 1, errors: 0}]) }"
        ),
        row="named flag",
    ),
    Operation(
        service="config",
        name="reportConfigurationOutcomes",
        scope="config:evaluate",
        document=(
            'mutation { result: reportConfigurationOutcomes(environment: "production",'
            ' reports: [{key: "deployed", outcomes: 1, errors: 0}]) }'
        ),
        row="flag beside a deployment",
    ),
    Operation(
        service="config",
        name="reportFeatureFlagUsage",
        scope="config:evaluate",
        document=(
            "mutation { result: reportFeatureFlagUsage("
            'writer: "01a22465-a5ee-71aa-b9f1-1bb34f02c7e1", batch: 1,'
            ' answers: [{flag: "new-search", variant: "on", evaluations: 1}]) }'
        ),
        row="named flag",
    ),
    Operation(
        service="config",
        name="reportCodeReferences",
        scope="config:write",
        document="mutation { result: reportCodeReferences(references: []) }",
        row="named flag",
    ),
    *(
        Operation(
            service="config",
            name=name,
            scope="config:read",
            document=f"{{ result: {asked} }}",
            row=row,
        )
        for name, asked, row in of_config.QUESTIONS
    ),
    *_removals("config", "FeatureFlag", "featureFlag"),
    *_of_configuration(),
    *(
        replace(_change("importexport", name, answer, sent, effect), row=row)
        for name, answer, sent, effect, row in of_imports.CHANGES
    ),
    # Nothing is sent into our own networks, which the answer says: no row is another by it.
    Operation(
        service="importexport",
        name="testDataEndpoint",
        scope="importexport:write",
        document="""mutation { result: testDataEndpoint(input: {id: "$id"}) {
            dataEndpoint { name } } }""",
        row="place outside",
    ),
    *(
        replace(_change("importexport", name, answer, sent, effect), row=row)
        for name, answer, sent, effect, row in of_tables.CHANGES
    ),
]

#: For the platform's staff alone, whatever a credential's scopes.
STAFF_OPERATIONS = [
    *(one for service in SERVICES for one in _of_groups(service)),
    *_DYNAMIC_SETTINGS,
]
