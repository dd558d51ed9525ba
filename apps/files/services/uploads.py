"""Uploads: begun, written to by one at a time, finished, ended, and expired.

An offset is noted only after the store has made the bytes before it last, so nothing that somebody
was told is kept gets lost. What came since is kept as well if the process lives on.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, QuerySet

from apps.files.adapters.sealed import (
    as_text,
    new_data_key,
    publish,
)
from apps.files.conf import most_bytes, unfinished_time
from apps.files.domain.names import FileNameError, name_told, type_told
from apps.files.domain.tus import Creation, Standing, read_metadata
from apps.files.errors import (
    PreconditionError,
    UploadBusyError,
    UploadComposedError,
    UploadGoneError,
    UploadOffsetError,
)
from apps.files.models import UNDER_WAY, Blob, File, FileState, Folder, UploadSession, UploadState
from apps.files.selectors.stored import data_key_of
from apps.files.services.blobs import add_version
from apps.files.services.encrypting import encrypt_files
from apps.files.services.files import announce, new_file
from apps.files.services.folders import place
from apps.files.services.forgetting import close, forget
from apps.files.services.quotas import lock_usage, release, reserve
from apps.files.services.scanning import enqueue_scan
from apps.files.services.versions import file_to_follow, next_version
from kernel import clock
from kernel.errors import InvalidInputError, NotFoundError, PayloadTooLargeError
from kernel.faults import fault_point
from kernel.rows import locked
from kernel.storage.port import new_key

#: A writer shows that it is alive every second; one that did not for so long is not.
LEASE = timedelta(seconds=2)
_OVER = (UploadState.ENDED, UploadState.EXPIRED, UploadState.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """The right to write to an upload, from its offset on."""

    upload_id: UUID
    writer: UUID
    offset: int
    mark: str
    key: str
    length: int | None
    data_key: bytes | None = field(repr=False)

    @property
    def most(self) -> int:
        """Return how many bytes may come."""
        return (most_bytes() if self.length is None else self.length) - self.offset


@transaction.atomic
def begin_upload(
    asked: Creation,
    *,
    name: str = "",
    content_type: str = "",
    folder_id: str | None = None,
    reader_scope: str = "",
    file_id: UUID | None = None,
) -> Standing:
    """Make a file that is not there yet, and hold room for it; a part is no file of its own.

    `file_id` is the file's, where that is known before.
    Raises InvalidInputError, PayloadTooLargeError, QuotaExceededError, NotFoundError.
    """
    kept = unfinished_time()
    return standing(begin(asked, name, content_type, kept, folder_id, reader_scope, file_id))


@transaction.atomic
def begin_version(asked: Creation, *, file_id: str, tag: str, content_type: str = "") -> Standing:
    """Hold room for the next version of a file whose ETag is one of `tag`, an `If-Match`.

    Raises also NotFoundError, PreconditionError, FileHeldError, ConflictError.
    """
    return standing(next_upload(asked, file_id=file_id, tag=tag, content_type=content_type))


def next_upload(
    asked: Creation,
    *,
    file_id: str,
    tag: str,
    content_type: str = "",
    kept: timedelta | None = None,
) -> UploadSession:
    """Begin a version in the caller's transaction, as `begin_version` does."""
    lock_usage()
    file = file_to_follow(file_id, tag)
    content_type = content_type or type_told(read_metadata(asked.metadata))
    return _session(asked, file, file.folder, content_type, kept or unfinished_time())


def begin(
    asked: Creation,
    name: str,
    content_type: str,
    kept: timedelta,
    folder_id: str | None = None,
    reader_scope: str = "",
    file_id: UUID | None = None,
) -> UploadSession:
    metadata = read_metadata(asked.metadata)
    folder_id = folder_id or metadata.get("folderid", b"").decode("latin-1") or None
    if folder_id is not None:
        lock_usage()
    try:
        name = name or name_told(metadata)
    except FileNameError as error:
        raise InvalidInputError(str(error)) from None
    # A part of a file tells it, too, if it is to be encrypted.
    file, folder = None, place(folder_id)
    if not asked.partial:
        file = new_file(
            name=name,
            content_type=content_type or type_told(metadata),
            size_bytes=asked.length or 0,
            reader_scope=reader_scope,
        )
        file.pk = file_id or file.pk
        file.state, file.folder = FileState.RECEIVING, folder
    return _session(asked, file, folder, "", kept)


def _session(
    asked: Creation, file: File | None, folder: Folder | None, content_type: str, kept: timedelta
) -> UploadSession:
    """Begin the upload of a file that is new, or of another version."""
    if asked.length is not None:
        _check_length(asked.length)
    follows = file.version if file is not None and file.version else None
    if file is not None and follows is None:
        file.save()
    held = asked.length or 0
    reserve(held)
    return UploadSession.objects.create(
        file=file,
        follows=follows,
        content_type=content_type,
        reader_scope=file.reader_scope if file is not None else "",
        length=asked.length,
        metadata=asked.metadata,
        concat=asked.concat,
        storage_key=new_key("files"),
        data_key=new_data_key() if folder is not None and folder.encrypted else None,
        reserved_bytes=held,
        expires_at=clock.now() + kept,
    )


def upload_of(upload_id: UUID) -> Standing:
    """Return how far an upload of the tenant is; raises NotFoundError, UploadGoneError."""
    return standing(upload_row(upload_id))


def promised(upload_id: UUID) -> str:
    """Return the SHA-256 that its sender says an upload will have; empty if nothing was said."""
    return UploadSession.objects.values_list("sha256", flat=True).get(pk=upload_id)


def upload_row(upload_id: UUID) -> UploadSession:
    upload = UploadSession.visible().select_related("file").filter(pk=upload_id).first()
    if upload is None:
        raise NotFoundError(f"no upload {upload_id}")
    check_there(upload)
    return upload


@transaction.atomic
def open_upload(
    upload_id: UUID, *, offset: int, coming: int | None, length: int | None = None
) -> Writing:
    """Take the right to write so many bytes to an upload; None is an unknown number.

    A `length` that was not told before is noted. Raises UploadOffsetError, PayloadTooLargeError,
    QuotaExceededError, and UploadBusyError while another has that right, which is asked to stop.
    """
    if not _has_room(upload_id):
        lock_usage()
    upload = locked(UploadSession, str(upload_id))
    check_there(upload)
    if upload.concat.startswith("final"):
        raise UploadComposedError("the upload is made of others; nothing can be added to it")
    if upload.writer is not None and (upload.writer_until or clock.now()) > clock.now():
        raise UploadBusyError("another request still writes to this upload")
    if offset != upload.offset:
        raise UploadOffsetError(f"the upload is at offset {upload.offset}, the body at {offset}")
    if length is not None and upload.length not in {None, length}:
        raise InvalidInputError(f"the upload has a length of {upload.length}, found {length}")
    if length is not None and upload.length is None:
        _check_length(length)
        if length < offset:
            raise InvalidInputError(f"{offset} bytes are there already, found a length of {length}")
        upload.length = length
    elif upload.length is None and coming is None:
        raise InvalidInputError("an upload of unknown length takes bodies of a known one")
    _hold_room(upload, offset + (coming or 0))
    upload.writer, upload.wanted = uuid4(), False
    upload.writer_until = clock.now() + LEASE
    upload.save()
    return Writing(
        upload_id=upload.pk,
        writer=upload.writer,
        offset=upload.offset,
        mark=upload.mark,
        key=upload.storage_key,
        length=upload.length,
        data_key=data_key_of(upload),
    )


def set_length(upload_id: UUID) -> Standing:
    """Let what has come be all of an upload whose length was not told, and finish it."""
    UploadSession.objects.filter(pk=upload_id, length=None).update(length=F("offset"))
    return finish_upload(upload_id)


def want_upload(upload_id: UUID) -> None:
    """Ask who writes to it to stop."""
    UploadSession.objects.filter(pk=upload_id).update(wanted=True)


def note_alive(writing: Writing) -> bool:
    """Keep the right to write; False when it is lost, or another wants it."""
    return bool(_held(writing).filter(wanted=False).update(writer_until=clock.now() + LEASE))


def note_progress(writing: Writing, *, offset: int, mark: str) -> bool:
    """Note what the store has made to last; False when the right to write is lost."""
    now = clock.now()
    return bool(
        _held(writing).update(
            offset=offset,
            mark=mark,
            writer_until=now + LEASE,
            expires_at=now + unfinished_time(),
        )
    )


def give_back(writing: Writing) -> None:
    """Let another write."""
    _held(writing).update(writer=None, writer_until=None)


def finish_upload(upload_id: UUID, *, sha256: str = "") -> Standing:
    """Make a file of an upload that is all there, and let it be scanned. Twice changes nothing.

    `sha256` is that of all its bytes, where somebody has seen them all come.
    """
    upload = UploadSession.objects.get(pk=upload_id)
    if upload.state != UploadState.RECEIVING or upload.offset != upload.length:
        return standing(upload)
    fault_point("files-upload-noted")
    publish(upload.storage_key, mark=upload.mark, size=upload.offset, data_key=data_key_of(upload))
    fault_point("files-upload-published")
    return standing(followed(note_finished(upload_id, sha256)))


def followed(done: UploadSession) -> UploadSession:
    """Return what is finished; raises PreconditionError where another version came before it."""
    if done.follows is not None and done.state == UploadState.ENDED:
        raise PreconditionError("the file has another version by now, or is held")
    return done


@transaction.atomic
def note_finished(upload_id: UUID, sha256: str) -> UploadSession:
    """Make a file of an upload whose bytes are under its key."""
    lock_usage()
    upload = UploadSession.objects.select_for_update().get(pk=upload_id)
    if upload.state not in UNDER_WAY:
        if upload.state != UploadState.DONE:
            # Ended meanwhile: what was published just now goes, too.
            forget(upload.storage_key)
        return upload
    rows = File.objects.select_for_update()
    file = None if upload.file_id is None else rows.get(pk=upload.file_id)
    if upload.follows is not None and not _follows(upload.follows, file):
        close(upload, UploadState.ENDED)
        return upload
    upload.state, upload.writer = UploadState.DONE, None
    if file is not None:
        key = data_key_of(upload)
        blob = Blob.objects.create(
            storage_key=upload.storage_key,
            size_bytes=upload.offset,
            sha256=sha256,
            encrypted=key is not None,
            data_key=None if key is None else as_text(key),
        )
        if upload.follows is None:
            add_version(file, blob, content_type=file.content_type)
            announce(file)
        else:
            next_version(file, blob, content_type=upload.content_type)
        release(upload.reserved_bytes - upload.offset)
        # From now on it is the blob that holds the room, and the key.
        upload.reserved_bytes, upload.data_key = 0, None
        if file.folder is not None and file.folder.encrypted:
            encrypt_files([file.pk])
        enqueue_scan(blob)
    upload.save(update_fields=["state", "writer", "reserved_bytes", "data_key"])
    return upload


def _follows(number: int, file: File | None) -> bool:
    """Say whether what followed this version when it began still does."""
    if file is None or file.held or file.trashed_at is not None:
        return False
    return file.version == number


@transaction.atomic
def end_upload(upload_id: UUID) -> None:
    """End an upload; what is finished stays a file. Raises NotFoundError, UploadGoneError."""
    lock_usage()
    upload = locked(UploadSession, str(upload_id))
    check_there(upload)
    end(upload, UploadState.ENDED)


def end(upload: UploadSession, state: UploadState) -> None:
    """End an upload in the caller's transaction, with what it had begun."""
    if upload.state == UploadState.DONE and upload.concat != "partial":
        upload.state = state
        upload.save(update_fields=["state"])
        return
    file = upload.file
    close(upload, state)
    if file is not None and upload.follows is None:
        file.delete()


def standing(upload: UploadSession) -> Standing:
    return Standing(
        id=upload.pk,
        file_id=upload.file_id,
        offset=upload.offset,
        length=upload.length,
        finished=upload.state == UploadState.DONE,
        metadata=upload.metadata,
        concat=upload.concat,
        expires_at=upload.expires_at,
    )


def _held(writing: Writing) -> QuerySet[UploadSession]:
    return UploadSession.objects.filter(
        pk=writing.upload_id, writer=writing.writer, state=UploadState.RECEIVING
    )


def _hold_room(upload: UploadSession, size: int) -> None:
    """Hold what the upload will take: all of it once that is known."""
    wanted = upload.length if upload.length is not None else size
    if size > wanted:
        raise PayloadTooLargeError(f"the upload has {wanted} bytes, this would make it {size}")
    _check_length(wanted)
    if wanted > upload.reserved_bytes:
        reserve(wanted - upload.reserved_bytes)
        upload.reserved_bytes = wanted


def _has_room(upload_id: UUID) -> bool:
    """Say whether room for all of an upload is held: who writes to it then waits for no other."""
    rows = UploadSession.objects.filter(pk=upload_id, state=UploadState.RECEIVING)
    return rows.filter(length__isnull=False, reserved_bytes__gte=F("length")).exists()


def _check_length(length: int) -> None:
    if length > most_bytes():
        raise PayloadTooLargeError(f"a file has at most {most_bytes()} bytes, found {length}")


def check_there(upload: UploadSession) -> None:
    """Raise UploadGoneError for an upload that takes nothing any more, nor will be a file."""
    expired = upload.state == UploadState.RECEIVING and upload.expires_at <= clock.now()
    if expired or upload.state in _OVER:
        raise UploadGoneError(f"upload {upload.pk} was ended, or has expired")
