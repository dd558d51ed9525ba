"""What may be done to files."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from django.db import transaction

from apps.files.domain.names import FileNameError, check_name
from apps.files.models import File
from kernel.errors import DomainError, InvalidInputError
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
    return file


@transaction.atomic
def update_file(*, id: str, **changes: Unpack[FileChange]) -> File:
    """Rename a file; without a new name nothing changes."""
    _check_name(changes.get("name"))
    file = locked(File, id)
    change(file, **changes)
    return file


@transaction.atomic
def delete_file(*, id: str) -> File:
    """Remove a file and return it as it was; what refers to it shows nothing in its place."""
    file = locked(File, id)
    delete([file])
    return file


@transaction.atomic
def delete_files(*, ids: Sequence[str]) -> list[File | DomainError]:
    """Remove many files; one that is not there does not keep the others."""
    files = all_locked(File, ids)
    delete(files)
    return files


def _check_name(name: str | None) -> None:
    try:
        if name is not None:
            check_name(name)
    except FileNameError as error:
        raise InvalidInputError(str(error)) from None
