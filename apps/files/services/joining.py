"""Uploads made of others: parts that came at the same time become one file."""

from dataclasses import replace
from datetime import timedelta

from django.db import transaction

from apps.files.adapters.sealed import StoredBytes
from apps.files.adapters.stores import file_store
from apps.files.domain.tus import Creation, Standing
from apps.files.models import UploadSession, UploadState
from apps.files.selectors.stored import data_key_of
from apps.files.services.quotas import lock_usage, release
from apps.files.services.uploads import (
    begin,
    followed,
    next_upload,
    note_finished,
    standing,
    upload_row,
)
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError
from kernel.faults import fault_point
from kernel.rows import locked

#: Parts that were joined are kept for whoever did not hear that, and asks again.
JOINED_TIME = timedelta(hours=1)


def join_uploads(asked: Creation, *, follows: str = "", tag: str = "") -> Standing:
    """Make a file of finished parts, in their order; they stay for a while.

    With `follows` it is the next version of that file, as `begin_version` begins one. Raises
    NotFoundError, UploadGoneError, ConflictError for one that is not finished, and what
    `begin_version` does; PreconditionError also when another was quicker.
    """
    parts = [upload_row(part) for part in asked.parts]
    for part in parts:
        if part.concat != "partial":
            raise InvalidInputError(f"upload {part.pk} is no part: it is a file of its own")
        if part.state != UploadState.DONE:
            raise ConflictError(f"part {part.pk} is at {part.offset} of {part.length} bytes")
    length = sum(part.offset for part in parts)
    with transaction.atomic():
        lock_usage()
        for pk in {part.pk for part in parts}:
            # What they held is the whole's from now on, and they are not kept for long.
            part = locked(UploadSession, str(pk))
            release(part.reserved_bytes)
            part.reserved_bytes = 0
            part.expires_at = min(part.expires_at, clock.now() + JOINED_TIME)
            part.save(update_fields=["reserved_bytes", "expires_at"])
        # Nobody goes on with it: it is made here, or never.
        asked = replace(asked, length=length)
        if follows:
            whole = next_upload(asked, file_id=follows, tag=tag, kept=JOINED_TIME)
        else:
            whole = begin(asked, "", "", JOINED_TIME)
    fault_point("files-parts-noted")
    _join(whole, parts)
    fault_point("files-parts-joined")
    UploadSession.objects.filter(pk=whole.pk).update(offset=length)
    return standing(followed(note_finished(whole.pk, "")))


def _join(whole: UploadSession, parts: list[UploadSession]) -> None:
    key = data_key_of(whole)
    if key is None and all(part.data_key is None for part in parts):
        file_store().join(whole.storage_key, [part.storage_key for part in parts])
        return
    found = (StoredBytes(one.storage_key, one.offset, data_key_of(one)) for one in parts)
    chunks = (chunk for part in found for chunk in part.read())
    StoredBytes(whole.storage_key, whole.length or 0, key).save(chunks)
