"""Bytes under generated keys, wherever they are kept."""

from functools import cache

from django.conf import settings

from kernel.storage.local import LocalStorage
from kernel.storage.port import Storage

__all__ = ["Storage", "storage", "storage_at"]


@cache
def storage() -> Storage:
    """Return the store of this process: the folder `files` beside the database."""
    return LocalStorage(settings.DATA_DIR / "files")


@cache
def storage_at(url: str) -> Storage:
    """Return the store at an address such as `s3://bucket`; raises ImproperlyConfigured."""
    from kernel.storage.s3 import S3Storage  # noqa: PLC0415  boto3 takes half a second

    return S3Storage.at(url)
