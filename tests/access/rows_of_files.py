"""Rows of files, for its operations to see, to change and to remove."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from apps.files.models import AllowedTypes, Blob, File, FileState, FileVersion, Folder
from apps.files.services import create_file
from apps.files.services.blobs import add_version
from apps.files.services.folders import create_folder, move_files, trash_folder
from apps.files.services.holding import hold_file
from apps.files.services.links import create_share_link
from apps.files.services.trash import trash_files
from kernel.ids import new_id
from kernel.storage.port import new_key


def _file() -> File:
    return create_file(name="a.csv", content_type="text/csv", size_bytes=1)


@transaction.atomic
def clean_file() -> File:
    """Return a file that has been found clean; its bytes are nowhere."""
    file = _file()
    blob = Blob.objects.create(
        storage_key=new_key("files"), sha256="ab" * 32, size_bytes=1, state=FileState.CLEAN
    )
    add_version(file, blob, content_type="text/csv")
    return file


@transaction.atomic
def _versioned() -> File:
    file = clean_file()
    assert file.blob is not None
    add_version(file, file.blob, content_type="text/csv")
    return file


def _version() -> FileVersion:
    return FileVersion.objects.get(file=clean_file())


def _folder() -> Folder:
    return create_folder(name=f"plans {new_id()}")


def _inner() -> Folder:
    # As one whose parent is no row any more: the matrix looks at one row.
    return Folder.objects.create(name=f"inner {new_id()}", lineage=f"{new_id()}/")


def _in_folder() -> File:
    file = _file()
    move_files(ids=[str(file.pk)], folder_id=str(_folder().pk))
    file.refresh_from_db()
    return file


def _trashed() -> File:
    file = _file()
    trash_files(ids=[str(file.pk)])
    file.refresh_from_db()
    return file


ROWS: dict[str, Callable[[], Any]] = {
    "clean file": clean_file,
    "file in folder": _in_folder,
    "file version": _version,
    "folder": _folder,
    "held file": lambda: hold_file(id=str(_file().pk), reason="case 7"),
    "inner folder": _inner,
    "named folder": lambda: create_folder(name="plans"),
    "share link": lambda: create_share_link(file_id=str(_file().pk))[0],
    "trashed file": _trashed,
    "trashed folder": lambda: trash_folder(id=str(_folder().pk)),
    "types": lambda: AllowedTypes.objects.create(types=["image/*"]),
    "versioned file": _versioned,
}
