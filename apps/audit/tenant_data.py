"""What of a tenant is here: exported and erased with it, through the one door in the wall."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection, transaction

from apps.audit.models import Erasure
from kernel.tenancy.context import in_tenant
from kernel.tenancy.parts import ERASED_AT_ONCE, TenantPart, Told, register_part

# The index names a log by its id; another tenant's log may hold this tenant's id as a word.
_SOME_WORDS = """
    DELETE FROM audit_words WHERE rowid IN (
        SELECT rowid FROM audit_words WHERE words MATCH %s
        AND log_id IN (SELECT id FROM audit_auditlog WHERE tenant_id = %s) LIMIT %s
    )
"""


class AuditPart(TenantPart):
    """Audit logs are append-only, but for the erasure of a whole tenant."""

    def erase(self, tenant_id: UUID, told: Told) -> None:
        """Remove the search index of SQLite first, while the logs still tell what is in it."""
        if connection.vendor == "sqlite":
            with in_tenant(tenant_id):
                while _erase_some_words(tenant_id):
                    pass
        super().erase(tenant_id, told)

    @contextmanager
    def erasing(self, tenant_id: UUID) -> Iterator[None]:
        """Open the door for one transaction: nobody else ever sees it open."""
        door = Erasure.objects.create(tenant_id=tenant_id)
        yield
        door.delete()


def _erase_some_words(tenant_id: UUID) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SOME_WORDS, [f'"{tenant_id.hex}"', tenant_id.hex, ERASED_AT_ONCE])
        erased: int = cursor.rowcount
    return erased > 0


# The words are made of the other columns.
register_part(AuditPart("audit", omitted={"words"}, kept={"erasure": "the door; always empty"}))
