"""Where archives are kept, and their files as they are written and read."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from apps.audit.conf import archive_url
from kernel.storage import Storage, storage, storage_at

if TYPE_CHECKING:
    from apps.audit.adapters.parquet import Reader, Writer


def archive_store() -> Storage:
    """Return the store that the settings choose."""
    return storage_at(url) if (url := archive_url()) else storage()


def stored_file(key: str, size: int) -> "Reader":
    """Open a file of the store."""
    from apps.audit.adapters.parquet import Reader  # noqa: PLC0415  pyarrow takes 0.3 s and 60 MB

    return Reader.stored(archive_store(), key, size)


def file_at(path: Path) -> "AbstractContextManager[Reader]":
    """Open a file of this machine."""
    from apps.audit.adapters.parquet import Reader  # noqa: PLC0415  as above

    return Reader.of(path)


def new_file(path: Path, *, records: bool) -> "Writer":
    """Begin a file on this machine; without records it holds places only."""
    from apps.audit.adapters.parquet import Writer  # noqa: PLC0415  as above

    return Writer(path, records=records)
