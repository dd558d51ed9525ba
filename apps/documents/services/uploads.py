"""Templates made in Word and Excel: given as files, and kept here."""

from collections.abc import Mapping
from typing import Any

from apps.documents.adapters.stores import document_store
from apps.documents.models import TemplateUpload, UploadState
from apps.documents.services.handing_over import key_of
from kernel.errors import InvalidInputError, LimitExceededError
from kernel.identity.rights import remembered_rights
from kernel.ids import parse_id
from kernel.jobs.services import enqueue

#: Of a tenant, that are looked through at a time.
MOST_CHECKING = 50


def take_upload(told: Mapping[str, Any], now: TemplateUpload | None = None) -> TemplateUpload:
    """Let a job look through a version of a file, in the caller's transaction.

    What is there `now` is returned where it is the same and of use. Raises InvalidInputError,
    LimitExceededError.
    """
    file_id, version = parse_id(told["file_id"]), int(told["version"])
    if version < 1:
        raise InvalidInputError(f"versions of files begin with 1, found {version}")
    same = now is not None and (now.file_id, now.file_version) == (file_id, version)
    if now is not None and same and now.state != UploadState.REFUSED:
        return now
    if TemplateUpload.objects.filter(state=UploadState.CHECKING).count() >= MOST_CHECKING:
        raise LimitExceededError(f"at most {MOST_CHECKING} files are looked through at a time")
    upload = TemplateUpload(file_id=file_id, file_version=version, asked_by=remembered_rights())
    upload.file_key = key_of(upload)
    upload.job_id = enqueue("documents.check_upload", str(upload.pk))
    upload.save()
    return upload


def content_of(upload: TemplateUpload) -> bytes:
    """Return a file that was taken; raises what is retryable, NotFoundError."""
    return b"".join(document_store().read(upload.file_key))
