"""Audit logs, the table by which they are found through their targets, and what proves them."""

from django.db import models

from apps.audit.access import AUDIT_LOG
from apps.audit.domain.records import record_of
from apps.audit.lookups import SearchableText
from apps.audit.models.exports import AuditExport, ExportFormat, ExportState
from apps.audit.models.retention import Archive, ArchiveState, LegalHold, RetentionPolicy
from apps.audit.models.rows import LogRow
from apps.audit.models.rules import PersonalFieldRule
from apps.audit.models.schemas import ActionSchema, SchemaMode
from apps.audit.models.searches import AuditSearch
from apps.audit.models.sources import IntakeSource
from apps.audit.models.streams import AuditStream, StreamFormat, StreamState
from apps.audit.models.subjects import SubjectIndexKey, SubjectKey
from apps.audit.models.viewers import ViewerToken
from kernel import clock
from kernel.ids import new_id
from kernel.secrets.fields import EncryptedTextField
from kernel.tenancy.context import current_tenant_id
from kernel.tenancy.models import TenantModel

__all__ = [
    "ActionSchema",
    "Archive",
    "ArchiveState",
    "AuditExport",
    "AuditLog",
    "AuditLogTarget",
    "AuditSearch",
    "AuditStream",
    "Checkpoint",
    "Cosignature",
    "Erasure",
    "ExportFormat",
    "ExportState",
    "IntakeSource",
    "Leaf",
    "LegalHold",
    "LogHead",
    "LogRow",
    "PersonalFieldRule",
    "RetentionPolicy",
    "SchemaMode",
    "SigningKey",
    "StreamFormat",
    "StreamState",
    "SubjectIndexKey",
    "SubjectKey",
    "Tile",
    "Unsealed",
    "ViewerToken",
]


class AuditLog(TenantModel):
    """One thing that happened. The database refuses to change or delete it.

    On PostgreSQL it is in the partition of the month in which it was recorded, as its id tells.
    """

    access = AUDIT_LOG
    append_only = True
    searched = True

    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=clock.now)
    action = models.CharField(max_length=200)
    actor_type = models.CharField(max_length=100)
    actor_id = models.CharField(max_length=500)
    actor_name = models.CharField(max_length=500, blank=True)
    targets = models.JSONField(default=list)
    context = models.JSONField(default=dict)
    changes = models.JSONField(default=list)
    metadata = models.JSONField(default=dict)
    #: Personal fields by their JSON pointers, each with its subject's key and as ciphertext; where
    #: their values belong there is nothing.
    sealed = models.JSONField(null=True)
    idempotency_key = models.CharField(max_length=255, null=True)  # noqa: DJ001  none is not empty
    words = SearchableText()
    #: The bytes that are sealed: see `apps.audit.domain.records`.
    record = models.BinaryField()

    class Meta:
        verbose_name = "audit log"
        indexes = [
            models.Index(fields=("tenant_id", "occurred_at", "id"), name="audit_by_time"),
            models.Index(
                fields=("tenant_id", "actor_id", "occurred_at", "id"), name="audit_by_actor"
            ),
            models.Index(
                fields=("tenant_id", "action", "occurred_at", "id"), name="audit_by_action"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name or self.actor_id} {self.action}"

    def told(self) -> bytes:
        """Return the record as the columns tell it; as stored it is in `record`.

        Raises CanonicalError when they tell what no record holds.
        """
        return record_of(self)


class AuditLogTarget(models.Model):
    """A target of a log, indexed: the log's own `targets` are what is shown."""

    append_only = True
    searched = True

    pk = models.CompositePrimaryKey("log_id", "type", "target_id")
    # It is in a partition beside its log's and goes with it, which a constraint would look into.
    log = models.ForeignKey(
        AuditLog,
        on_delete=models.PROTECT,
        related_name="indexed_targets",
        db_constraint=False,
        db_index=False,
    )
    tenant_id = models.UUIDField()
    type = models.CharField(max_length=100)
    target_id = models.CharField(max_length=500)

    class Meta:
        indexes = [
            models.Index(fields=("tenant_id", "target_id", "type", "log"), name="audit_by_target")
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.target_id}"


class Erasure(models.Model):
    """The door in the wall: rows of a tenant that is named here may be deleted.

    A row is there within the transaction that deletes, and never after it.
    """

    tenant_id = models.UUIDField(primary_key=True)

    def __str__(self) -> str:
        return str(self.tenant_id)


class KnownKey(LogRow):
    """An idempotency key that has been used: for which log, and the digest of what it told.

    It is kept as long as its log is. docs/adr/0012 tells why it is not a column of that.
    """

    append_only = True

    pk = models.CompositePrimaryKey("tenant_id", "key")
    key = models.CharField(max_length=255)
    log_id = models.UUIDField(editable=False)
    content_sha256 = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return self.key


class LogHead(LogRow):
    """How far a tenant's log is sealed. Whoever seals holds the lock of this row."""

    tenant_id = models.UUIDField(primary_key=True, default=current_tenant_id, editable=False)
    #: Its name in checkpoints, for ever: a changed setting does not change it.
    origin = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField(default=0)
    checkpoints = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.origin


class Unsealed(LogRow):
    """A log that waits for its place; written with it, without a lock that others wait for."""

    log_id = models.UUIDField(primary_key=True, editable=False)
    leaf_hash = models.BinaryField(max_length=32)

    class Meta:
        indexes = [models.Index(fields=("tenant_id", "log_id"), name="audit_to_seal")]

    def __str__(self) -> str:
        return str(self.log_id)


class Leaf(LogRow):
    """The place of a log in the Merkle log of its tenant."""

    append_only = True

    log_id = models.UUIDField(primary_key=True, editable=False)
    position = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "position"), name="audit_one_leaf_a_place")
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.log_id}"


class Tile(LogRow):
    """Up to 256 hashes of the tree, side by side (C2SP tlog-tiles). It only ever grows."""

    id = models.BigAutoField(primary_key=True)
    level = models.PositiveSmallIntegerField()
    number = models.PositiveBigIntegerField()
    hashes = models.BinaryField(max_length=8192)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "level", "number"), name="audit_one_tile_a_place"
            )
        ]

    def __str__(self) -> str:
        return f"{self.level}/{self.number}"


class Checkpoint(LogRow):
    """What was signed of a log when it had so many leaves."""

    append_only = True

    id = models.BigAutoField(primary_key=True)
    number = models.PositiveBigIntegerField()
    size = models.PositiveBigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "number"), name="audit_one_checkpoint_a_number"
            ),
            models.UniqueConstraint(
                fields=("tenant_id", "size"), name="audit_one_checkpoint_a_size"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class Cosignature(LogRow):
    """What a witness has put under a checkpoint: that it saw the log grow and never turn back."""

    append_only = True

    id = models.BigAutoField(primary_key=True)
    #: That of the checkpoint.
    size = models.PositiveBigIntegerField()
    #: The key of the witness, as C2SP writes it.
    witness = models.CharField(max_length=400)
    #: The line of the note, checked when it came.
    line = models.CharField(max_length=600)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "size", "witness"), name="audit_one_line_a_witness"
            )
        ]

    def __str__(self) -> str:
        return f"{self.size}: {self.witness}"


class SigningKey(LogRow):
    """A key of a tenant's log. The newest signs, and the one before it for a while."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    serial = models.PositiveIntegerField()
    public = models.BinaryField(max_length=32)
    secret = EncryptedTextField()
    made_at = models.DateTimeField(default=clock.now)
    #: From when on it signs no more; what it has signed stays good.
    signs_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Two that make the first key, or the next, at the same time make one.
            models.UniqueConstraint(fields=("tenant_id", "serial"), name="audit_one_key_a_serial")
        ]

    def __str__(self) -> str:
        return f"{self.serial}"
