"""Templates made in Word and Excel, and fonts: given as files, and kept here."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.documents.adapters.stores import document_store
from apps.documents.domain.faces import STYLES
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
    file_id, version = _version_of_file(told)
    same = now is not None and (now.file_id, now.file_version) == (file_id, version)
    if now is not None and same and now.state != UploadState.REFUSED:
        return now
    return _taken(TemplateUpload(file_id=file_id, file_version=version))


def take_fonts(
    told: Mapping[str, Mapping[str, Any] | None], now: TemplateUpload | None = None
) -> TemplateUpload:
    """Let a job look through the files of a family, by their styles, in the caller's transaction.

    Raises as `take_upload` does.
    """
    files = {style: _version_of_file(one) for style in STYLES if (one := told.get(style))}
    if "regular" not in files:
        raise InvalidInputError("fonts have a file of the regular style at least")
    faces = {
        style: {"file": str(file_id), "version": version}
        for style, (file_id, version) in files.items()
    }
    if now is not None and now.faces == faces and now.state != UploadState.REFUSED:
        return now
    file_id, version = files["regular"]
    return _taken(TemplateUpload(file_id=file_id, file_version=version, faces=faces))


def _version_of_file(told: Mapping[str, Any]) -> tuple[UUID, int]:
    file_id, version = parse_id(told["file_id"]), int(told["version"])
    if version < 1:
        raise InvalidInputError(f"versions of files begin with 1, found {version}")
    return file_id, version


def _taken(upload: TemplateUpload) -> TemplateUpload:
    if TemplateUpload.objects.filter(state=UploadState.CHECKING).count() >= MOST_CHECKING:
        raise LimitExceededError(f"at most {MOST_CHECKING} files are looked through at a time")
    upload.asked_by = remembered_rights()
    upload.file_key = key_of(upload)
    upload.job_id = enqueue("documents.check_upload", str(upload.pk))
    upload.save()
    return upload


def content_of(upload: TemplateUpload) -> bytes:
    """Return a file that was taken; raises what is retryable, NotFoundError."""
    return b"".join(document_store().read(upload.file_key))
