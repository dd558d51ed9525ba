"""Uploads of other services in this process: what they would send by PUT, taken in at once."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

from apps.files.adapters.sealed import open_draft
from apps.files.selectors.addresses import ticket_of
from apps.files.services.direct import PATH
from apps.files.services.uploads import (
    LEASE,
    Writing,
    finish_upload,
    give_back,
    note_alive,
    note_progress,
    open_upload,
    upload_of,
)
from kernel.errors import ConflictError, InvalidInputError
from kernel.tenancy.context import in_tenant


def receive(path: str, chunks: Iterator[bytes]) -> None:
    """Take in all of an upload at the path that `startUpload` gave, and make it a file.

    Raises LinkInvalidError, LinkExpiredError, UploadGoneError, UploadOffsetError, UploadBusyError;
    InvalidInputError when more or fewer bytes come than were told.
    """
    told = ticket_of("upload", path.removeprefix(PATH))
    with in_tenant(told.tenant_id):
        take_in(told.row_id, chunks)


def take_in(upload_id: UUID, chunks: Iterator[bytes]) -> None:
    """Take in all of an upload that nothing has come of yet; raises as `receive` does."""
    upload = upload_of(upload_id)
    writing = open_upload(upload.id, offset=0, coming=upload.length)
    try:
        sha256 = _write(writing, chunks)
    finally:
        give_back(writing)
    finish_upload(upload.id, sha256=sha256)


def _write(writing: Writing, chunks: Iterator[bytes]) -> str:
    """Write them to the store, and return their SHA-256; of those that are refused none is kept."""
    sum_, size, alive = hashlib.sha256(), 0, time.monotonic()
    opened = open_draft(
        writing.key, mark=writing.mark, size=writing.offset, data_key=writing.data_key
    )
    with closing(opened) as draft:
        for chunk in chunks:
            size += len(chunk)
            if size > writing.most:
                break
            draft.write([chunk])
            sum_.update(chunk)
            if time.monotonic() - alive > LEASE.total_seconds() / 2:
                alive = time.monotonic()
                if not note_alive(writing):
                    raise ConflictError(f"another goes on with upload {writing.upload_id}")
        if size != writing.most:
            raise InvalidInputError(f"{writing.most} bytes were told, others came")
        if not note_progress(writing, offset=size, mark=draft.sync()):
            raise ConflictError(f"another goes on with upload {writing.upload_id}")
    return sum_.hexdigest()
