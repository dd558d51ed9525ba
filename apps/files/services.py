"""What may be done to files."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from django.db import transaction

from apps.files.domain.names import FileNameError, check_name
from apps.files.models import File
from contracts.files import FileCreated, FileDeleted, FileRenamed
from kernel.errors import DomainError, InvalidInputError
from kernel.events.publishing import publish, publish_all
from kernel.rows import all_locked, change, check, delete, locked


class FileChange(TypedDict, total=False):
    """What of a file can be changed."""

    name: str


@transaction.atomic
def create_file(*, name: str, content_type: str, size_bytes: int) -> File:
    """Make one in the current tenant, quarantined."""
    _check_name(name)
    file = File(name=name, content_type=content_type, size_bytes=size_bytes)
    check(file)
    file.save()
    publish(
        FileCreated(
            file_id=str(file.pk), name=name, content_type=content_type, size_bytes=size_bytes
        )
    )
    return file


@transaction.atomic
def update_file(*, id: str, **changes: Unpack[FileChange]) -> File:
    """Rename a file; without a new name nothing changes."""
    _check_name(changes.get("name"))
    file = locked(File, id)
    previous = file.name
    change(file, **changes)
    if file.name != previous:
        publish(FileRenamed(file_id=str(file.pk), name=file.name, previous_name=previous))
    return file


@transaction.atomic
def delete_file(*, id: str) -> File:
    """Remove a file and return it as it was; what refers to it shows nothing in its place."""
    file = locked(File, id)
    delete([file])
    publish(_deleted(file))
    return file


@transaction.atomic
def delete_files(*, ids: Sequence[str]) -> list[File | DomainError]:
    """Remove many files; one that is not there does not keep the others."""
    files = all_locked(File, ids)
    publish_all([_deleted(file) for file in delete(files)])
    return files


def _deleted(file: File) -> FileDeleted:
    return FileDeleted(file_id=str(file.pk), name=file.name)


def _check_name(name: str | None) -> None:
    try:
        if name is not None:
            check_name(name)
    except FileNameError as error:
        raise InvalidInputError(str(error)) from None
