"""Audit logs, and the table by which they are found through their targets."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.lookups import Lookup
from django.db.models.sql.compiler import SQLCompiler

from apps.audit.access import AUDIT_LOG
from kernel import clock
from kernel.tenancy.models import TenantModel


class SearchableText(models.TextField[str, str]):
    """Tokens with spaces between them, in a full-text index of the database."""


@SearchableText.register_lookup
class Matches(Lookup[list[str]]):
    """Rows whose text holds, for every given token, a token that begins with it."""

    lookup_name = "matches"
    prepare_rhs = False

    def get_db_prep_lookup(
        self, value: Any, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[str | int, ...]]:
        if connection.vendor == "sqlite":
            return "%s", (" AND ".join(f'"{token}"*' for token in value),)
        return "%s", (" & ".join(f"{token}:*" for token in value),)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[str | int, ...]]:
        # The index names the log by id: SQLite may renumber the rowids of a table without an
        # INTEGER PRIMARY KEY.
        table = compiler.quote_name_unless_alias(self.lhs.alias)
        matches, parameters = self.process_rhs(compiler, connection)
        return (
            f"{table}.id IN (SELECT log_id FROM audit_words WHERE words MATCH {matches})",  # noqa: S608  a quoted table name and a placeholder # nosec B608
            tuple(parameters),
        )

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[str | int, ...]]:
        text, _ = self.process_lhs(compiler, connection)
        matches, parameters = self.process_rhs(compiler, connection)
        return (
            f"to_tsvector('simple', {text}) @@ to_tsquery('simple', {matches})",
            tuple(parameters),
        )


class AuditLog(TenantModel):
    """One thing that happened. The database refuses to change or delete it."""

    access = AUDIT_LOG

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
    idempotency_key = models.CharField(max_length=255, null=True)  # noqa: DJ001  unique unless null
    content_sha256 = models.BinaryField(max_length=32)
    words = SearchableText()

    class Meta:
        verbose_name = "audit log"
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "idempotency_key"), name="audit_one_log_a_key"
            )
        ]
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


class AuditLogTarget(models.Model):
    """A target of a log, indexed: the log's own `targets` are what is shown."""

    id = models.BigAutoField(primary_key=True)
    log = models.ForeignKey(AuditLog, on_delete=models.PROTECT, related_name="indexed_targets")
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
