"""Contents as they are given out: only clean ones."""

from dataclasses import dataclass
from uuid import UUID

from apps.files.adapters.sealed import StoredBytes
from apps.files.conf import scanner_required
from apps.files.domain.verdicts import basic_only
from apps.files.errors import NotServedError
from apps.files.models import SERVED, Blob, File, FileState, FileVersion
from apps.files.selectors.stored import stored_bytes
from kernel.errors import InvalidInputError, NotFoundError
from kernel.ids import parse_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Bytes that may be given out, and what they are called."""

    stored: StoredBytes
    sha256: str
    name: str
    #: What their sender says they are, and what their own bytes say.
    content_type: str
    detected_type: str


def clean_content(file_id: str) -> Content:
    """Return what a file that the principal sees has now; raises NotFoundError, NotServedError.

    InvalidInputError says that it is no id.
    """
    file = File.visible().select_related("blob").filter(pk=parse_id(file_id)).first()
    if file is None or file.trashed_at is not None:
        raise NotFoundError(f"no file {file_id}")
    if file.blob is None or file.state != file.blob.state:
        raise NotServedError(f"the file is {file.state}, and only clean ones are given out")
    return _clean(file.blob, file.name, file.content_type)


def is_file(name: str) -> bool:
    """Say whether a name is the id of a file of the tenant, rather than what one is called."""
    try:
        return File.visible().filter(pk=parse_id(name)).exists()
    except InvalidInputError:
        return False


def clean_version(file_id: UUID, number: int) -> Content:
    """Return what a file of the tenant has in a version; raises NotFoundError, NotServedError."""
    rows = FileVersion.objects.select_related("file", "blob")
    version = rows.filter(file=file_id, number=number).first()
    if version is None or version.file.trashed_at is not None:
        raise NotFoundError(f"no file {file_id} in version {number}")
    return _clean(version.blob, version.file.name, version.content_type)


def _clean(blob: Blob, name: str, content_type: str) -> Content:
    if blob.state not in SERVED:
        raise NotServedError(f"the file is {blob.state}, and only clean ones are given out")
    if scanner_required() and blob.state != FileState.RELEASED and basic_only(blob.scanner):
        raise NotServedError("no virus scanner has seen the file, and one has to")
    return Content(
        stored=stored_bytes(blob),
        sha256=blob.sha256,
        name=name,
        content_type=content_type,
        detected_type=blob.detected_type,
    )
