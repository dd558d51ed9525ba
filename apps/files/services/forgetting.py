"""The end of uploads and of bytes: the row first, then the store, by a job."""

from apps.files.adapters.sealed import store_mark
from apps.files.adapters.stores import file_store
from apps.files.models import Blob, UploadSession, UploadState
from apps.files.services.quotas import release
from kernel.jobs.services import enqueue


def close(upload: UploadSession, state: UploadState) -> None:
    """End an upload in the caller's transaction; its room is free, and its bytes go."""
    release(upload.reserved_bytes)
    upload.state, upload.reserved_bytes, upload.writer = state, 0, None
    upload.save(update_fields=["state", "reserved_bytes", "writer"])
    forget(upload.storage_key)


def forget(key: str) -> None:
    """Let a job forget the bytes under a key, once the caller's transaction is committed."""
    enqueue("files.forget_bytes", key)


def forget_bytes(key: str) -> None:
    """Forget what the store has under a key, whole or on its way. Twice changes nothing."""
    if Blob.objects.filter(storage_key=key).exists():
        # It was finished at the same moment in which somebody ended it.
        return
    upload = UploadSession.objects.filter(storage_key=key).first()
    store = file_store()
    store.discard(key, mark=store_mark(upload.mark) if upload else "")
    store.delete(key)
