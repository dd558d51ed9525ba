"""What of a tenant is here: exported and erased with it."""

from collections.abc import Iterator
from uuid import UUID

from apps.documents.adapters.stores import document_store
from apps.documents.models import BatchItem, Document, DocumentBatch
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
    # Not their data, which may be a megabyte each.
    documents = Document.objects.exclude(file_key="").only("file_key")
    batches = DocumentBatch.objects.exclude(file_key="").only("file_key")
    items = BatchItem.objects.exclude(file_key="").only("file_key")
    yield from (one.file_key for one in by_key(documents))
    yield from (one.file_key for one in by_key(batches))
    yield from (one.file_key for one in by_key(items))


register_part(DocumentsPart("documents", omitted={"file_key", "sealed", "upload_id"}))
