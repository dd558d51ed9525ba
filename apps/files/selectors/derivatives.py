"""What was made of files, as it is given out: only of those that are given out themselves."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from uuid import UUID

from apps.files.conf import content_origin
from apps.files.domain.derivable import makes
from apps.files.domain.tickets import SignedUrlPurpose
from apps.files.errors import DerivativeImpossibleError, DerivativePendingError
from apps.files.models import BlobText, Derivative, DerivativeKind, DerivativeState, File
from apps.files.selectors.addresses import signed
from apps.files.selectors.contents import Content
from apps.files.selectors.search import given_out
from apps.files.selectors.stored import made_of
from kernel import clock

PICTURE_TYPE = "image/webp"
#: Addresses are the same for so long: what a browser has of them it need not fetch again.
_STEADY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of a file, or how far it is."""

    state: DerivativeState
    reason: str
    width: int | None
    height: int | None
    #: Good for one hour at least, for whoever has it.
    url: str | None


def picture_of(content: Content, kind: str) -> Content:
    """Return the picture of a content that may be given out.

    Raises DerivativePendingError, DerivativeImpossibleError.
    """
    rows = Derivative.objects.filter(kind=kind, blob__storage_key=content.stored.key)
    row = rows.select_related("blob").first()
    if row is None and not makes(content.detected_type, kind):
        raise DerivativeImpossibleError(
            f"UNSUPPORTED: no pictures are made of {content.detected_type or 'this'}"
        )
    if row is None or row.state == DerivativeState.PENDING:
        raise DerivativePendingError(f"the {kind} is being made")
    if row.state == DerivativeState.IMPOSSIBLE:
        raise DerivativeImpossibleError(f"{row.reason}: there is no {kind} of this file")
    return Content(
        stored=made_of(row.blob, row.storage_key, row.size_bytes),
        sha256=row.sha256,
        name=f"{PurePath(content.name).stem} {kind}.webp",
        content_type=PICTURE_TYPE,
        detected_type=PICTURE_TYPE,
    )


def pictures_of(file_ids: list[str], kind: DerivativeKind) -> dict[str, Picture]:
    """Return the picture of each of these files that has one, or will or might have had."""
    files = _given_out(file_ids)
    rows = Derivative.objects.filter(blob__in=list(files.values()), kind=kind)
    found = {row.blob_id: row for row in rows}
    return {
        str(file.pk): _shown(file, found[blob_id])
        for file, blob_id in files.items()
        if blob_id in found
    }


def excerpts_of(file_ids: list[str]) -> dict[str, str]:
    """Return how the text of each of these files begins that has one."""
    files = _given_out(file_ids)
    rows = BlobText.objects.filter(blob__in=list(files.values()))
    found = dict(rows.values_list("blob_id", "excerpt"))
    return {str(file.pk): found[blob_id] for file, blob_id in files.items() if found.get(blob_id)}


def _given_out(file_ids: list[str]) -> dict[File, UUID]:
    rows = File.objects.filter(given_out(), pk__in=file_ids).exclude(blob=None)
    return {file: file.blob_id for file in rows.only("pk", "version", "blob") if file.blob_id}


def _shown(file: File, row: Derivative) -> Picture:
    state = DerivativeState(row.state)
    ready = state == DerivativeState.READY
    return Picture(
        state=state,
        reason=row.reason,
        width=row.width,
        height=row.height,
        url=_url(file, row.kind) if ready else None,
    )


def _url(file: File, kind: str) -> str:
    now = clock.now()
    ends = now.replace(minute=0, second=0, microsecond=0) + 2 * _STEADY
    ticket = signed(SignedUrlPurpose.VIEW, file.pk, version=file.version, time=ends - now)
    return f"{content_origin()}/files/api/signed/view/{ticket}/{kind}/"
