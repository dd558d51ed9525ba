"""Files: made known, renamed, removed."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from django.db import transaction

from apps.files.domain.names import FileNameError, check_name
from apps.files.models import UNDER_WAY, File, FileState, FileVersion, UploadSession, UploadState
from apps.files.services.blobs import drop_unused
from apps.files.services.forgetting import close
from apps.files.services.holding import check_free
from apps.files.services.quotas import lock_usage
from contracts.files import FileCreated, FileDeleted, FileRenamed
from kernel.errors import DomainError, InvalidInputError
from kernel.events.publishing import publish, publish_all
from kernel.rows import all_locked, change, check, delete, locked


class FileChange(TypedDict, total=False):
    """What of a file can be changed."""

    name: str


@transaction.atomic
def create_file(*, name: str, content_type: str, size_bytes: int) -> File:
    """Make one known in the current tenant, quarantined: its bytes are not here."""
    file = new_file(name=name, content_type=content_type, size_bytes=size_bytes)
    file.save()
    announce(file)
    return file


def new_file(*, name: str, content_type: str, size_bytes: int, reader_scope: str = "") -> File:
    """Return a file that is not stored yet; raises InvalidInputError."""
    check_name_told(name)
    file = File(
        name=name, content_type=content_type, size_bytes=size_bytes, reader_scope=reader_scope
    )
    check(file)
    return file


def announce(file: File) -> None:
    """Tell that a file is there, in the caller's transaction."""
    publish(announcement(file))


def announcement(file: File) -> FileCreated:
    """Return what is told of a file that is there."""
    return FileCreated(
        file_id=str(file.pk),
        name=file.name,
        content_type=file.content_type,
        size_bytes=file.size_bytes,
    )


@transaction.atomic
def update_file(*, id: str, **changes: Unpack[FileChange]) -> File:
    """Rename a file; without a new name nothing changes."""
    check_name_told(changes.get("name"))
    file = locked(File, id)
    previous = file.name
    change(file, **changes)
    if file.name != previous:
        publish(FileRenamed(file_id=str(file.pk), name=file.name, previous_name=previous))
    return file


@transaction.atomic
def delete_file(*, id: str) -> File:
    """Remove a file and return it as it was; what refers to it shows nothing in its place."""
    lock_usage()
    file = locked(File, id)
    check_free(file)
    remove_files([file])
    return file


@transaction.atomic
def delete_files(*, ids: Sequence[str]) -> list[File | DomainError]:
    """Remove many files; one that is not there does not keep the others."""
    lock_usage()
    files = [_free(one) for one in all_locked(File, ids)]
    remove_files(files)
    return files


def remove_files(files: Sequence[File | DomainError]) -> None:
    """Remove them and what is on its way of them, tell, and let jobs forget their bytes.

    The caller holds the tenant's lock, and knows that nothing keeps them.
    """
    pks = [file.pk for file in files if isinstance(file, File)]
    uploads = list(UploadSession.objects.filter(file__in=pks, state__in=UNDER_WAY))
    for upload in uploads:
        close(upload, UploadState.ENDED)
    blobs = set(FileVersion.objects.filter(file__in=pks).values_list("blob_id", flat=True))
    removed = delete(files)
    drop_unused(blobs)
    # Nobody was told of one whose bytes were still on their way.
    publish_all([_deleted(file) for file in removed if file.state != FileState.RECEIVING])


def _free(one: File | DomainError) -> File | DomainError:
    if isinstance(one, File):
        try:
            check_free(one)
        except DomainError as error:
            return error
    return one


def _deleted(file: File) -> FileDeleted:
    return FileDeleted(file_id=str(file.pk), name=file.name)


def check_name_told(name: str | None) -> None:
    """Raise InvalidInputError for a name that no file can have."""
    try:
        if name is not None:
            check_name(name)
    except FileNameError as error:
        raise InvalidInputError(str(error)) from None
