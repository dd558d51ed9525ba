"""What happens to audit logs."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLogsRecorded(Event):
    """A caller's entries were recorded, in one transaction."""

    TYPE: ClassVar[str] = "audit.auditlog.recorded.v1"
    ENTITY: ClassVar[str] = "AuditLog"
    SUBJECT: ClassVar[str] = "first_log_id"

    first_log_id: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntrySubmitted(Event):
    """A service of others has told an entry; whether it may is not judged yet."""

    TYPE: ClassVar[str] = "audit.intake.submitted.v1"
    ENTITY: ClassVar[str] = "AuditLog"
    SUBJECT: ClassVar[str] = "event_id"

    #: Of the CloudEvent: who says to have made it, and by what id.
    source: str
    event_id: str
    #: All of the CloudEvent, in JSON.
    event: str
    #: SHA-256 of the message as it came, in hex, and what its header says to be the signature.
    sha256: str
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSourceAdded(Event):
    """A producer of others may tell entries of its own over Kafka."""

    TYPE: ClassVar[str] = "audit.source.added.v1"
    ENTITY: ClassVar[str] = "AuditSource"
    SUBJECT: ClassVar[str] = "source_id"
    LABEL: ClassVar[str] = "source"

    source_id: str
    source: str
    #: Whether what it has not signed is refused.
    signs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSourceRemoved(Event):
    """What a producer of others tells is refused from now on."""

    TYPE: ClassVar[str] = "audit.source.removed.v1"
    ENTITY: ClassVar[str] = "AuditSource"
    SUBJECT: ClassVar[str] = "source_id"
    LABEL: ClassVar[str] = "source"

    source_id: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSchemaViolated(Event):
    """Entries were recorded that do not fit a schema which only warns of that."""

    TYPE: ClassVar[str] = "audit.schema.violated.v1"
    ENTITY: ClassVar[str] = "ActionSchema"
    SUBJECT: ClassVar[str] = "action"

    action: str
    version: int
    #: How many in one call, and of at most 100 of them the logs.
    count: int
    log_ids: tuple[str, ...]
    #: Where the first of them does not fit, as a JSON Pointer.
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCheckpointPublished(Event):
    """A tenant's log was sealed up to here. Who keeps this can show a later rewriting of it."""

    TYPE: ClassVar[str] = "audit.checkpoint.published.v1"
    ENTITY: ClassVar[str] = "AuditCheckpoint"
    SUBJECT: ClassVar[str] = "origin"

    origin: str
    number: int
    size: int
    #: The signed note: origin, size, root and signatures (C2SP tlog-checkpoint).
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHoldPlaced(Event):
    """What a legal hold finds is neither deleted nor erased from now on."""

    TYPE: ClassVar[str] = "audit.hold.placed.v1"
    ENTITY: ClassVar[str] = "AuditLegalHold"
    SUBJECT: ClassVar[str] = "hold_id"
    LABEL: ClassVar[str] = "name"

    hold_id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHoldReleased(Event):
    """A legal hold holds nothing any more."""

    TYPE: ClassVar[str] = "audit.hold.released.v1"
    ENTITY: ClassVar[str] = "AuditLegalHold"
    SUBJECT: ClassVar[str] = "hold_id"
    LABEL: ClassVar[str] = "name"

    hold_id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSubjectErased(Event):
    """The key of a data subject is gone: what was personal under it, nobody reads any more.

    Who keeps this erases once more what a restored backup brings back.
    """

    TYPE: ClassVar[str] = "audit.subject.erased.v1"
    ENTITY: ClassVar[str] = "AuditSubjectKey"
    SUBJECT: ClassVar[str] = "key_id"

    key_id: str
    logs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSearchCreated(Event):
    """Somebody keeps a search of the audit log."""

    TYPE: ClassVar[str] = "audit.search.created.v1"
    ENTITY: ClassVar[str] = "AuditSearch"
    SUBJECT: ClassVar[str] = "search_id"
    LABEL: ClassVar[str] = "name"

    search_id: str
    name: str
    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSearchChanged(Event):
    """A search is another than before; the fields named are those that were set."""

    TYPE: ClassVar[str] = "audit.search.changed.v1"
    ENTITY: ClassVar[str] = "AuditSearch"
    SUBJECT: ClassVar[str] = "search_id"
    LABEL: ClassVar[str] = "name"

    search_id: str
    name: str
    shared: bool
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSearchDeleted(Event):
    """A search is kept no more, and no alert is raised on it."""

    TYPE: ClassVar[str] = "audit.search.deleted.v1"
    ENTITY: ClassVar[str] = "AuditSearch"
    SUBJECT: ClassVar[str] = "search_id"
    LABEL: ClassVar[str] = "name"

    search_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditAlertRaised(Event):
    """So many logs that a search finds were recorded within its window."""

    TYPE: ClassVar[str] = "audit.alert.raised.v1"
    ENTITY: ClassVar[str] = "AuditSearch"
    SUBJECT: ClassVar[str] = "search_id"
    LABEL: ClassVar[str] = "name"

    search_id: str
    name: str
    #: Whose search it is, and so who wants to know.
    owner_id: str
    count: int
    #: When the first of these was recorded, and when the last.
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditStreamDisabled(Event):
    """A stream of logs has failed for too long and sends no more, until somebody resumes it."""

    TYPE: ClassVar[str] = "audit.stream.disabled.v1"
    ENTITY: ClassVar[str] = "AuditStream"
    SUBJECT: ClassVar[str] = "stream_id"
    LABEL: ClassVar[str] = "name"

    stream_id: str
    name: str
    #: The place of the log that could not be sent.
    position: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditArchived(Event):
    """Logs of a month are in a file that was read back and held to the log."""

    TYPE: ClassVar[str] = "audit.archive.made.v1"
    ENTITY: ClassVar[str] = "AuditArchive"
    SUBJECT: ClassVar[str] = "archive_id"

    archive_id: str
    month: str
    actions: str
    logs: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditArchiveRemoved(Event):
    """The logs of an archive have left the database: from now on they are in its file alone."""

    TYPE: ClassVar[str] = "audit.archive.removed.v1"
    ENTITY: ClassVar[str] = "AuditArchive"
    SUBJECT: ClassVar[str] = "archive_id"

    archive_id: str
    month: str
    actions: str
    logs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditArchiveRestored(Event):
    """The logs of an archive are all in the database again, for a while."""

    TYPE: ClassVar[str] = "audit.archive.restored.v1"
    ENTITY: ClassVar[str] = "AuditArchive"
    SUBJECT: ClassVar[str] = "archive_id"

    archive_id: str
    month: str
    actions: str
    logs: int
    restored_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditArchiveExpired(Event):
    """The logs of an archive were let go: their places in the log are all that is left."""

    TYPE: ClassVar[str] = "audit.archive.expired.v1"
    ENTITY: ClassVar[str] = "AuditArchive"
    SUBJECT: ClassVar[str] = "archive_id"

    archive_id: str
    month: str
    actions: str
    logs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditArchiveFailed(Event):
    """What was read back of an archive is not what was sealed, so nothing more becomes of it.

    Told once a round, until somebody has looked: see the runbook of archives.
    """

    TYPE: ClassVar[str] = "audit.archive.failed.v1"
    ENTITY: ClassVar[str] = "AuditArchive"
    SUBJECT: ClassVar[str] = "archive_id"

    archive_id: str
    month: str
    actions: str
    logs: int
    #: What differs, and where.
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPolicyCreated(Event):
    """It was said how long logs of some actions are kept."""

    TYPE: ClassVar[str] = "audit.policy.created.v1"
    ENTITY: ClassVar[str] = "AuditRetentionPolicy"
    SUBJECT: ClassVar[str] = "policy_id"
    LABEL: ClassVar[str] = "actions"

    policy_id: str
    actions: str
    live_days: int
    archived: bool
    #: Null: for ever.
    archived_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPolicyChanged(Event):
    """Logs of some actions are kept for another time than before."""

    TYPE: ClassVar[str] = "audit.policy.changed.v1"
    ENTITY: ClassVar[str] = "AuditRetentionPolicy"
    SUBJECT: ClassVar[str] = "policy_id"
    LABEL: ClassVar[str] = "actions"

    policy_id: str
    actions: str
    live_days: int
    archived: bool
    archived_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPolicyDeleted(Event):
    """Nothing is said any more of how long logs of these actions are kept."""

    TYPE: ClassVar[str] = "audit.policy.deleted.v1"
    ENTITY: ClassVar[str] = "AuditRetentionPolicy"
    SUBJECT: ClassVar[str] = "policy_id"
    LABEL: ClassVar[str] = "actions"

    policy_id: str
    actions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditExportFinished(Event):
    """A file with logs that somebody asked for can be had, until it expires."""

    TYPE: ClassVar[str] = "audit.export.finished.v1"
    ENTITY: ClassVar[str] = "AuditExport"
    SUBJECT: ClassVar[str] = "export_id"

    export_id: str
    #: Who asked for it, and so who wants to know.
    owner_id: str
    format: str
    #: With personal fields in clear.
    personal: bool
    logs: int
    size_bytes: int
    sha256: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditViewerTokenCreated(Event):
    """Somebody without an account may see some logs on a page, until the token expires."""

    TYPE: ClassVar[str] = "audit.viewer.created.v1"
    ENTITY: ClassVar[str] = "AuditViewerToken"
    SUBJECT: ClassVar[str] = "token_id"
    LABEL: ClassVar[str] = "name"

    token_id: str
    name: str
    personal: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditViewerTokenRevoked(Event):
    """A viewer token opens nothing any more."""

    TYPE: ClassVar[str] = "audit.viewer.revoked.v1"
    ENTITY: ClassVar[str] = "AuditViewerToken"
    SUBJECT: ClassVar[str] = "token_id"
    LABEL: ClassVar[str] = "name"

    token_id: str
    name: str
