"""What becomes of verdicts: looked at again, overruled, taken back."""

from django.db import transaction

from apps.files import metrics
from apps.files.adapters.scanners import scanner
from apps.files.conf import RESCANNED_AT_ONCE
from apps.files.errors import ScannerUnavailableError
from apps.files.models import WAITING, Blob, File, FileState, Folder
from apps.files.services.blobs import ask_again, quarantine_blob, release_blob
from apps.files.services.quotas import lock_usage
from apps.files.services.scanning import TO_SCAN, enqueue_scan
from kernel.errors import ConflictError, InvalidInputError, NotFoundError
from kernel.ids import parse_id
from kernel.rows import locked
from kernel.tenancy.context import in_tenant

MOST_REASON_CHARACTERS = 500
RESCANNED_OF_FOLDER = 500
BAD = (FileState.INFECTED, FileState.UNSCANNABLE, FileState.REFUSED)


@transaction.atomic
def rescan_file(*, id: str) -> File:
    """Let a file be scanned once more; until then the verdict before holds."""
    file, blob = _held(id)
    if blob.state not in WAITING:
        ask_again(blob)
        file.refresh_from_db()
    enqueue_scan(blob)
    return file


@transaction.atomic
def rescan_folder(*, id: str) -> int:
    """Let the files that lie in a folder be scanned once more, and return how many they are.

    Of more than 500 the first by their names. Raises NotFoundError.
    """
    folder = Folder.visible().filter(pk=parse_id(id)).first()
    if folder is None:
        raise NotFoundError(f"no folder {id}")
    files = File.visible().filter(folder_id=folder.pk, trashed=False).order_by("name", "pk")
    found = [str(pk) for pk in files.values_list("pk", flat=True)[:RESCANNED_OF_FOLDER]]
    for file_id in found:
        rescan_file(id=file_id)
    return len(found)


def waiting_in_folder(*, id: str) -> int:
    """Return how many of the files that lie in a folder wait for a scanner, 500 at most.

    Raises NotFoundError.
    """
    folder = Folder.visible().filter(pk=parse_id(id)).first()
    if folder is None:
        raise NotFoundError(f"no folder {id}")
    files = File.visible().filter(folder_id=folder.pk, trashed=False)
    waiting = Blob.objects.filter(TO_SCAN, pk__in=files.values("blob_id"))
    return waiting[:RESCANNED_OF_FOLDER].count()


@transaction.atomic
def release_file(*, id: str, reason: str) -> File:
    """Let a file be given out that no scanner found clean, with all that have the same bytes.

    Raises ConflictError for one that is in another state.
    """
    _check_reason(reason)
    file, blob = _held(id)
    if blob.state not in BAD:
        raise ConflictError(
            f"the file is {blob.state}, and only {', '.join(BAD)} ones are released"
        )
    if not blob.scanner:
        raise ConflictError(f"no scanner can be overruled: {blob.finding}")
    release_blob(blob, reason)
    file.refresh_from_db()
    return file


@transaction.atomic
def quarantine_file(*, id: str, reason: str) -> File:
    """Let a file not be given out until it was scanned once more; what was released is so no more.

    All that have the same bytes go with it.
    """
    _check_reason(reason)
    file, blob = _held(id)
    if blob.state not in WAITING:
        quarantine_blob(blob, reason)
        file.refresh_from_db()
    enqueue_scan(blob)
    return file


def rescan_outdated() -> int:
    """Let some be scanned again that other signatures have judged, the newest first; say how many.

    Their number at any time is bounded, so that new files do not wait for them.
    """
    try:
        signatures = scanner().signatures()[:300]
    except ScannerUnavailableError:
        metrics.SCANNER_UP.set(0)
        return 0
    metrics.SCANNER_UP.set(1)
    waiting = Blob.across_tenants.filter(rescan_since__isnull=False)
    room = RESCANNED_AT_ONCE.value()
    room -= waiting[:room].count() if room else 0
    marked = 0
    while marked < room and (found := _judged_by_others(signatures, room - marked)):
        for blob in found:
            with in_tenant(blob.tenant_id), transaction.atomic():
                lock_usage()
                ask_again(blob)
                enqueue_scan(blob)
        marked += len(found)
    return marked


def _judged_by_others(signatures: str, most: int) -> list[Blob]:
    """Return some that certain other signatures have judged, the newest first."""
    judged = Blob.across_tenants.filter(rescan_since__isnull=True).exclude(state__in=WAITING)
    for others in (
        judged.filter(signatures__lt=signatures),
        judged.filter(signatures__gt=signatures),
    ):
        found = others.order_by("signatures").values_list("signatures", flat=True).first()
        if found is not None:
            return list(judged.filter(signatures=found).order_by("-created_at")[:most])
    return []


def _held(file_id: str) -> tuple[File, Blob]:
    """Return a file and its blob, which nobody else changes until the transaction ends."""
    lock_usage()
    file = locked(File, file_id)
    if file.blob is None:
        raise ConflictError("the file has no bytes yet")
    return file, file.blob


def _check_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > MOST_REASON_CHARACTERS:
        raise InvalidInputError(f"reason has 1 to {MOST_REASON_CHARACTERS} characters")
