"""What becomes of logs with time: policies, archives, and legal holds that let nothing go."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from apps.audit.access import AUDIT_RETENTION
from kernel import clock
from kernel.tenancy.models import TenantModel

#: A century.
MOST_DAYS = 36_525
_DAYS = [MinValueValidator(1), MaxValueValidator(MOST_DAYS)]


class RetentionPolicy(TenantModel):
    """How long logs of some actions stay in the database, and how long in the archive."""

    access = AUDIT_RETENTION

    #: An action, or the beginning of some with a `*` behind it; the longest that fits counts.
    actions = models.CharField(max_length=200)
    live_days = models.PositiveIntegerField(validators=_DAYS)
    #: Without it they are deleted and their places in the log kept.
    archived = models.BooleanField(default=True)
    #: Null: for ever.
    archived_days = models.PositiveIntegerField(null=True, blank=True, validators=_DAYS)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "retention policy"
        verbose_name_plural = "retention policies"
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "actions"), name="audit_one_policy_for_actions"
            )
        ]

    def __str__(self) -> str:
        return self.actions


class LegalHold(TenantModel):
    """Nothing of what its query finds is deleted, dropped or erased until it is released."""

    access = AUDIT_RETENTION

    name = models.CharField(max_length=200)
    reason = models.TextField(max_length=2000)
    #: As `LogQuery.told` gives it; an empty one finds every log of the tenant.
    query = models.JSONField(default=dict, blank=True)
    placed_by = models.CharField(max_length=500, editable=False)
    placed_at = models.DateTimeField(default=clock.now, editable=False)
    released_by = models.CharField(max_length=500, blank=True, editable=False)
    released_at = models.DateTimeField(null=True, editable=False)
    release_reason = models.TextField(max_length=2000, blank=True, editable=False)

    class Meta:
        verbose_name = "legal hold"
        indexes = [
            models.Index(
                fields=("tenant_id",), condition=Q(released_at=None), name="audit_held_now"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ArchiveState(models.TextChoices):
    """How far an archive has come."""

    #: Its file is being made, or was when a process died: it is made anew.
    WRITING = "writing"
    #: Read back and held to the log; its logs are in the database too.
    VERIFIED = "verified"
    #: Some of its logs may be in the database still.
    REMOVING = "removing"
    #: Its logs are nowhere else.
    ARCHIVED = "archived"
    #: Its logs are being put back into the database.
    RESTORING = "restoring"
    #: They are all in the database again, for a while.
    RESTORED = "restored"


class Archive(TenantModel):
    """A file with logs of one tenant, one month and one policy, and its signed manifest."""

    access = AUDIT_RETENTION

    #: The first day of the month in which its logs were recorded.
    month = models.DateField()
    #: Those of the policy by which they were archived.
    actions = models.CharField(max_length=200)
    state = models.CharField(
        max_length=10, choices=ArchiveState.choices, default=ArchiveState.WRITING
    )
    #: Without it there are places and ids only: the logs themselves were let go.
    has_records = models.BooleanField(default=True)
    #: Where in the store its file and its manifest are.
    file_key = models.CharField(max_length=100)
    manifest_key = models.CharField(max_length=100)
    #: The signed note, as it is in the store.
    manifest = models.TextField(blank=True)
    logs = models.PositiveBigIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.BinaryField(max_length=32, default=b"")
    first_id = models.UUIDField(null=True)
    last_id = models.UUIDField(null=True)
    first_position = models.PositiveBigIntegerField(null=True)
    last_position = models.PositiveBigIntegerField(null=True)
    occurred_from = models.DateTimeField(null=True)
    occurred_to = models.DateTimeField(null=True)
    made_at = models.DateTimeField(default=clock.now)
    #: From when on its logs are nowhere else; while they were put back, until when they stay.
    removed_at = models.DateTimeField(null=True)
    restored_until = models.DateTimeField(null=True)
    #: When its logs are let go; null: never.
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=("tenant_id", "occurred_to"), name="audit_archive_by_time"),
            models.Index(fields=("tenant_id", "last_id"), name="audit_archive_by_id"),
            models.Index(fields=("tenant_id", "month"), name="audit_archive_by_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.actions}"
