"""What of a tenant is here: exported and erased with it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.documents.adapters.stores import document_store
from apps.documents.models import BatchItem, Document, DocumentBatch, TemplateUpload
from kernel.reading import by_key
from kernel.tenancy.context import in_tenant
from kernel.tenancy.parts import TenantPart, Told, register_part


class DocumentsPart(TenantPart):
    """Rows, and what was made and is not the files service's yet."""

    def erase(self, tenant_id: UUID, told: Told) -> None:
        """Forget the bytes first, while rows still tell where they are."""
        store = document_store()
        with in_tenant(tenant_id):
            for key in _keys():
                store.delete(key)
        super().erase(tenant_id, told)


def _keys() -> Iterator[str]:
    for model in (Document, DocumentBatch, BatchItem, TemplateUpload):
        # Not their data, which may be a megabyte each.
        rows: QuerySet[Any] = model.objects.exclude(file_key="").only("file_key")
        yield from (one.file_key for one in by_key(rows))


register_part(
    DocumentsPart(
        "documents", omitted={"file_key", "passwords", "protection", "sealed", "upload_id"}
    )
)
