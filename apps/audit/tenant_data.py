"""What of a tenant is here: exported and erased with it, through the one door in the wall."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from uuid import UUID

from django.db import connection, transaction

from apps.audit.models import AuditLog, Erasure
from apps.audit.selectors.archived import log_of, logs_in_archives_alone, rows_in_archives
from apps.audit.selectors.holds import active_holds
from apps.audit.selectors.words import PARTS, parts_indexed
from apps.audit.services.archiving import forget_files
from apps.audit.services.exporting import forget_exports
from kernel.errors import ConflictError
from kernel.tenancy.context import in_tenant
from kernel.tenancy.parts import ERASED_AT_ONCE, Row, TenantPart, Told, register_part

# The index names a log by its id; another tenant's log may hold this tenant's id as a word.
_SOME_WORDS = """
    DELETE FROM {index} WHERE rowid IN (
        SELECT rowid FROM {index} WHERE words MATCH %s
        AND log_id IN (SELECT id FROM audit_auditlog WHERE tenant_id = %s) LIMIT %s
    )
"""


class AuditPart(TenantPart):
    """Audit logs are append-only, but for the erasure of a whole tenant."""

    def kept_by(self, tenant_id: UUID) -> str:
        """Name the legal holds of the tenant, whatever they are on."""
        with in_tenant(tenant_id):
            names = [hold.name for hold in active_holds()]
        return f"the legal hold {', '.join(names)} is on it" if names else ""

    def export(self, tenant_id: UUID) -> Iterator[tuple[str, Iterator[Row]]]:
        """Yield archived logs behind those of the database, with the same columns."""
        for name, rows in super().export(tenant_id):
            yield name, chain(rows, self._archived()) if name == "auditlog" else rows

    def count(self, tenant_id: UUID) -> dict[str, int]:
        """Count the logs of archives, too: an export has them beside those of the database."""
        counts = super().count(tenant_id)
        with in_tenant(tenant_id):
            archived = logs_in_archives_alone()
        if archived:
            table = AuditLog._meta.db_table  # noqa: SLF001  what Django documents of it
            counts[table] = counts.get(table, 0) + archived
        return counts

    def _archived(self) -> Iterator[Row]:
        """Yield the logs that are in an archive of the current tenant alone, some at a time."""
        fields = AuditLog._meta.concrete_fields  # noqa: SLF001  what Django documents of it
        names = [one.attname for one in fields if one.attname not in self.omitted]
        for rows in rows_in_archives():
            live = set(AuditLog.objects.filter(pk__in=[row.id for row in rows]).values_list("pk"))
            for row in rows:
                if (row.id,) not in live:
                    log = log_of(row)
                    yield {name: getattr(log, name) for name in names}

    def erase(self, tenant_id: UUID, told: Told) -> None:
        """Remove the search index of SQLite first, while the logs still tell what is in it.

        Raises ConflictError under a legal hold, which whoever asked may not know of.
        """
        if kept_by := self.kept_by(tenant_id):
            raise ConflictError(kept_by)
        with in_tenant(tenant_id):
            forget_files()
            forget_exports()
        if connection.vendor == "sqlite":
            with in_tenant(tenant_id):
                for index in ("audit_words", PARTS) if parts_indexed() else ("audit_words",):
                    while _erase_some_words(index, tenant_id):
                        pass
        super().erase(tenant_id, told)

    @contextmanager
    def erasing(self, tenant_id: UUID) -> Iterator[None]:
        """Open the door for one transaction: nobody else ever sees it open."""
        door = Erasure.objects.create(tenant_id=tenant_id)
        yield
        door.delete()


def _erase_some_words(index: str, tenant_id: UUID) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _SOME_WORDS.format(index=index), [f'"{tenant_id.hex}"', tenant_id.hex, ERASED_AT_ONCE]
        )
        erased: int = cursor.rowcount
    return erased > 0


# The words are made of the other columns; the secrets sign and seal, and are nobody else's.
register_part(
    AuditPart("audit", omitted={"words", "secret"}, kept={"erasure": "the door; always empty"})
)
