"""The audit subgraph."""

from apps.audit.schema.contributions import contributions
from apps.audit.schema.exports import AuditExportType
from apps.audit.schema.mutations import Mutation
from apps.audit.schema.queries import Query
from apps.audit.schema.retention import (
    AuditArchiveType,
    AuditLegalHoldType,
    AuditRetentionPolicyType,
)
from apps.audit.schema.rules import AuditPersonalRuleType
from apps.audit.schema.searches import AuditSearchType
from apps.audit.schema.sources import AuditSourceType
from apps.audit.schema.streams import AuditStreamType
from apps.audit.schema.types import AuditLogType
from apps.audit.schema.viewers import AuditViewerTokenType
from kernel.background.events import events_of
from kernel.background.jobs import jobs_of
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph(
    "audit",
    query=Query,
    mutation=Mutation,
    entities=[
        AuditLogType,
        AuditArchiveType,
        AuditExportType,
        AuditLegalHoldType,
        AuditPersonalRuleType,
        AuditRetentionPolicyType,
        AuditSearchType,
        AuditSourceType,
        AuditStreamType,
        AuditViewerTokenType,
    ],
    contributions=contributions,
    more=[jobs_of("audit"), events_of("audit")],
)

#: What the table of operations says beside them, or in their place.
NOTES = {
    "AuditLog": {
        "update": "The record is append-only: the database refuses a change.",
        "delete": "The record is append-only: the database refuses to delete.",
    },
    "AuditPersonalRule": {
        "create": "`addAuditPersonalRule`",
        "update": "It is ended, and another one added.",
        "delete": "`endAuditPersonalRule`: it is kept, to know again what was told under it.",
        "bulk": "There are few, and each is thought about.",
    },
    "AuditSearch": {"bulk": "A tenant keeps few of them, and each by its own name."},
    "AuditSource": {
        "create": "`addAuditSource`",
        "update": "It is known by its name and its key: another one is added.",
        "delete": "`removeAuditSource`",
        "bulk": "Each is somebody who is let in.",
    },
    "AuditStream": {"bulk": "A tenant has few of them, and each is thought about."},
    "AuditViewerToken": {
        "update": "`revokeAuditViewerToken`: what it shows never changes.",
        "delete": "It expires within a day, and is forgotten after 30.",
        "bulk": "Each is given to somebody.",
    },
    "AuditArchive": {
        "create": "Retention makes them: the job `audit.retain`, or `manage.py audit_archive`.",
        "update": "`restoreAuditArchive` brings its logs back for some days.",
        "delete": "It expires by its policy; its places in the log stay.",
        "bulk": "A round of retention does many.",
    },
    "AuditExport": {
        "create": "`exportAuditLogs`",
        "update": "`cancelAuditExport`: what it holds never changes.",
        "delete": "It expires within a day, and is forgotten after 30.",
        "bulk": "One file holds as many logs as there are.",
    },
    "AuditLegalHold": {
        "create": "`placeAuditLegalHold`",
        "update": "`releaseAuditLegalHold`: what it is on never changes.",
        "delete": "A released hold is kept.",
        "bulk": "Each has a reason of its own.",
    },
    "AuditRetentionPolicy": {"bulk": "There are few, and each is thought about."},
}
