"""Versions: what a file has next, and what it had before again."""

from django.db import transaction

from apps.files.domain.ranges import matches
from apps.files.errors import PreconditionError
from apps.files.models import Blob, File, FileState, FileVersion
from apps.files.services.blobs import add_version
from apps.files.services.holding import check_not_held
from apps.files.services.locking import lock_file
from apps.files.services.quotas import lock_usage
from contracts.files import FileVersionAdded
from kernel.errors import ConflictError, NotFoundError
from kernel.events.publishing import publish
from kernel.rows import locked


def file_to_follow(file_id: str, tag: str) -> File:
    """Return the file whose next version begins to come, locked in the caller's transaction.

    `tag` is the `If-Match` that was sent with it. Raises NotFoundError, PreconditionError,
    FileHeldError, and ConflictError for one that has no version yet.
    """
    file = locked(File, file_id)
    if file.trashed_at is not None:
        raise NotFoundError(f"no file {file_id}")
    if file.state == FileState.RECEIVING:
        raise ConflictError(f"the first version of file {file_id} is still on its way")
    if not tag:
        raise PreconditionError("another version needs If-Match, with the ETag of the one before")
    if not matches(tag, f'"{file.sha256}"', weak=False):
        raise PreconditionError(f'the file is "{file.sha256}"')
    check_not_held(file)
    return file


def next_version(file: File, blob: Blob, *, content_type: str, note: str = "") -> None:
    """Let this be what a file has from now on, and tell, in the caller's transaction."""
    version = add_version(file, blob, content_type=content_type, note=note)
    if file.retained_until is not None:
        lock_file(file)
    publish(
        FileVersionAdded(
            file_id=str(file.pk),
            name=file.name,
            version=version.number,
            size_bytes=blob.size_bytes,
            note=note,
        )
    )


@transaction.atomic
def restore_file_version(*, id: str, number: int) -> File:
    """Let a file have again what it had; that makes another version, and takes no room.

    Raises NotFoundError, FileHeldError, ConflictError.
    """
    lock_usage()
    file = locked(File, id)
    check_not_held(file)
    before = FileVersion.objects.filter(file=file, number=number).select_related("blob").first()
    if before is None:
        raise NotFoundError(f"file {id} has no version {number}")
    if before.number == file.version:
        raise ConflictError(f"version {number} is what the file has")
    next_version(
        file, before.blob, content_type=before.content_type, note=f"version {number} again"
    )
    return file
