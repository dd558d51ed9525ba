"""Bytes under generated keys, wherever they are kept."""

from functools import cache

from django.conf import settings

from kernel.storage.local import LocalStorage
from kernel.storage.port import Storage


@cache
def storage() -> Storage:
    """Return the store of this process: the folder `files` beside the database."""
    return LocalStorage(settings.DATA_DIR / "files")
