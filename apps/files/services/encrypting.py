"""Encryption of bytes that were stored plain, when a file comes to where they have to be encrypted.

Bytes that several files share are encrypted for all of them: otherwise they would still be there to
read. What was encrypted stays so wherever its file goes.
"""

import logging
from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.files.adapters.sealed import StoredBytes, new_data_key
from apps.files.adapters.stores import file_store
from apps.files.domain.digests import Summed, sha256_of
from apps.files.errors import ContentDamagedError
from apps.files.models import Blob, File, FileState, FileVersion, Folder
from apps.files.selectors.stored import data_key_of, stored_bytes
from apps.files.services.blobs import merge
from apps.files.services.derivatives import drop_derivatives, enqueue_derive
from apps.files.services.forgetting import forget
from apps.files.services.locking import lock_kept
from apps.files.services.quotas import lock_usage
from kernel import clock
from kernel.errors import DomainError, NotFoundError
from kernel.faults import fault_point
from kernel.jobs.services import enqueue
from kernel.rows import locked
from kernel.storage.port import StorageUnavailableError, new_key
from kernel.tenancy.context import current_tenant_id

logger = logging.getLogger("septet.files")

#: What waits to be encrypted, and was not put aside.
ENCRYPTABLE = Q(encrypt_since__isnull=False, encrypting_problem="")


def encrypt_folder(folder: Folder) -> None:
    """Let all that is below a folder, and comes there, be encrypted.

    In the caller's transaction, which has begun with `lock_usage`.
    """
    Folder.objects.filter(Q(pk=folder.pk) | Q(lineage__startswith=folder.below)).update(
        encrypted=True
    )
    inside = Q(file__folder=folder) | Q(file__folder__lineage__startswith=folder.below)
    _wait(Blob.objects.filter(versions__in=FileVersion.objects.filter(inside)))


def encrypt_files(file_ids: Collection[UUID]) -> None:
    """Let all versions of files be encrypted; in the caller's transaction as `encrypt_folder`."""
    _wait(Blob.objects.filter(versions__file__in=file_ids))


def encrypt_waiting() -> int:
    """Encrypt what waits for it in the current tenant, and return how many blobs these were.

    One that cannot be does not keep the others: it is put aside with the reason, for staff.
    """
    done, after = 0, UUID(int=0)
    waiting = Blob.objects.filter(ENCRYPTABLE).order_by("pk")
    while (blob := waiting.filter(pk__gt=after).first()) is not None:
        after = blob.pk
        try:
            done += encrypt_blob(blob.pk)
        except DomainError as error:
            if error.retryable:
                raise
            told = f"{error.code}: {error}"[:500]
            Blob.objects.filter(pk=blob.pk).update(encrypting_problem=told)
            logger.warning("file not encrypted", extra={"blob": str(blob.pk), "reason": told})
    return done


@transaction.atomic
def encrypt_again(*, id: str) -> File:
    """Let what could not be encrypted of a file be tried again. Raises NotFoundError."""
    lock_usage()
    file = locked(File, id)
    put_aside = Blob.objects.filter(versions__file=file).exclude(encrypting_problem="")
    if Blob.objects.filter(pk__in=put_aside.values("pk")).update(encrypting_problem=""):
        _enqueue(current_tenant_id())
    return file


def enqueue_encrypting() -> None:
    """Let those be encrypted whose job went missing, or gave up."""
    waiting = Blob.across_tenants.filter(ENCRYPTABLE)
    for tenant_id in waiting.order_by().values_list("tenant_id", flat=True).distinct():
        _enqueue(tenant_id)


def encrypt_blob(blob_id: UUID) -> bool:
    """Store a blob encrypted, and forget it as it was. Twice changes nothing.

    The row tells first where, so whatever ends it on the way leaves nothing that nobody knows; and
    the row is changed last, after the bytes were read back, so it never says what is not so.
    """
    blob = _begin(blob_id)
    if blob is None:
        return False
    plain = Summed(stored_bytes(blob).read())
    sealed = StoredBytes(blob.encrypting_key, blob.size_bytes, data_key_of(blob))
    try:
        sealed.save(plain)
    except NotFoundError:
        # They are lost, which the daily sweep says; there is nothing to protect.
        Blob.objects.filter(pk=blob_id).update(encrypt_since=None)
        return False
    fault_point("files-encrypted")
    if blob.sha256 not in {"", plain.sha256}:
        raise ContentDamagedError("what is stored is not what came")
    if sha256_of(sealed.read()) != plain.sha256:
        raise StorageUnavailableError("what was read back is not what was encrypted")
    fault_point("files-encrypted-read")
    return _end(blob)


@transaction.atomic
def _begin(blob_id: UUID) -> Blob | None:
    lock_usage()
    blob = Blob.objects.filter(pk=blob_id, encrypt_since__isnull=False).first()
    if blob is not None and not blob.encrypting_key:
        blob.encrypting_key = new_key("files")
        blob.data_key = new_data_key()
        blob.save(update_fields=["encrypting_key", "data_key"])
    return blob


@transaction.atomic
def _end(begun: Blob) -> bool:
    lock_usage()
    blob = Blob.objects.filter(pk=begun.pk, encrypting_key=begun.encrypting_key).first()
    if blob is None:
        # Its last file was removed meanwhile.
        file_store().delete(begun.encrypting_key)
        return False
    forget(blob.storage_key)
    blob.storage_key, blob.encrypting_key = blob.encrypting_key, ""
    blob.encrypted, blob.encrypt_since = True, None
    blob.save(update_fields=["storage_key", "encrypting_key", "encrypted", "encrypt_since"])
    File.objects.filter(blob=blob).update(encrypted=True)
    # What was made of it is plain, its text too.
    drop_derivatives([blob.pk])
    enqueue_derive(merge(blob) if blob.state == FileState.CLEAN else blob)
    lock_kept([blob.pk])
    return True


def _wait(found: QuerySet[Blob]) -> None:
    plain = Blob.objects.filter(pk__in=found.values("pk"), encrypted=False, encrypt_since=None)
    if plain.update(encrypt_since=clock.now()):
        _enqueue(current_tenant_id())


def _enqueue(tenant_id: UUID) -> None:
    enqueue("files.encrypt", tenant_id=tenant_id, live_key=f"files.encrypt {tenant_id}")
