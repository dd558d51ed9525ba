"""The bytes that rows stand for, with their keys."""

from apps.files.adapters.sealed import StoredBytes, from_text
from apps.files.models import Blob, UploadSession
from kernel.secrets.reading import read_secret


def stored_bytes(blob: Blob) -> StoredBytes:
    """Return the bytes of a blob; raises SecretKeyMissingError, SecretUnreadableError."""
    return made_of(blob, blob.storage_key, blob.size_bytes)


def made_of(blob: Blob, key: str, size: int) -> StoredBytes:
    """Return bytes that were made of a blob, protected as its own are; raises as above."""
    return StoredBytes(key, size, data_key_of(blob) if blob.encrypted else None)


def data_key_of(row: Blob | UploadSession) -> bytes | None:
    """Return the key that encrypts what a row stands for, if it has one; raises as above."""
    if row.data_key is None:
        return None
    return from_text(read_secret(row, "data_key", purpose="file contents", shown=False))
