"""What of a tenant is here: exported and erased with it."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import QuerySet

from apps.files.adapters.sealed import store_mark
from apps.files.adapters.stores import file_store
from apps.files.models import SERVED, Blob, Derivative, File, UploadSession
from apps.files.selectors.stored import stored_bytes
from kernel.errors import ConflictError
from kernel.reading import by_key
from kernel.tenancy.context import in_tenant
from kernel.tenancy.parts import TenantPart, Told, register_part


class FilesPart(TenantPart):
    """Rows, and the bytes that the store has of them."""

    def kept_by(self, tenant_id: UUID) -> str:
        """Say whether files of the tenant are under a legal hold."""
        with in_tenant(tenant_id):
            held = File.objects.filter(held=True).count()
        return f"a legal hold is on {held} of its files" if held else ""

    def count_contents(self, tenant_id: UUID) -> int:
        """Return how many blobs are given out."""
        with in_tenant(tenant_id):
            return _given_out().count()

    def contents(self, tenant_id: UUID) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield the bytes of blobs, decrypted; of what is given out to nobody there are none."""
        with in_tenant(tenant_id):
            for blob in by_key(_given_out()):
                yield str(blob.pk), _read(blob)

    def erase(self, tenant_id: UUID, told: Told) -> None:
        """Forget the bytes first, while rows still tell where they are."""
        if kept_by := self.kept_by(tenant_id):
            raise ConflictError(kept_by)
        store = file_store()
        with in_tenant(tenant_id):
            for upload in by_key(UploadSession.objects.all()):
                store.discard(upload.storage_key, mark=store_mark(upload.mark))
                store.delete(upload.storage_key)
            for one in by_key(Derivative.objects.all()):
                store.delete(one.storage_key)
            for blob in by_key(Blob.objects.all()):
                for key in filter(None, (blob.storage_key, blob.encrypting_key)):
                    store.delete(key)
        super().erase(tenant_id, told)


def _given_out() -> QuerySet[Blob]:
    return Blob.objects.filter(state__in=SERVED)


def _read(blob: Blob) -> Iterator[bytes]:
    # At its turn: a key that is lost is told of this one alone.
    yield from stored_bytes(blob).read()


register_part(
    FilesPart(
        "files",
        omitted={
            "data_key",
            "encrypting_key",
            "mark",
            "password_hash",
            "storage_key",
            "token_sha256",
            "words",
        },
    )
)
