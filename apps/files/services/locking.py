"""What keeps files, told to the store as well: S3 Object Lock lets nobody delete what is held.

The row is the truth; a job makes the objects so. It reads anew what keeps the files, and one of a
tenant runs at a time: of two changes the job that runs last has seen both.
"""

import logging
from collections.abc import Iterable
from functools import cache
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from apps.files.adapters.stores import file_store
from apps.files.models import Blob, File, FileVersion
from kernel import clock
from kernel.errors import NotFoundError
from kernel.faults import fault_point
from kernel.jobs.services import enqueue
from kernel.reading import by_key

logger = logging.getLogger(__name__)


def lock_file(file: File) -> None:
    """Let a job keep all versions of a file as its row says, in the caller's transaction."""
    enqueue("files.lock", str(file.pk))


def lock_kept(blob_ids: Iterable[UUID]) -> None:
    """Let a job keep these, which are under other keys now, if they belong to files that are kept.

    In the caller's transaction.
    """
    versions = FileVersion.objects.filter(blob__in=list(blob_ids), file=OuterRef("pk"))
    for file in File.objects.filter(Exists(versions), is_kept()):
        lock_file(file)


def lock_versions(file_id: UUID) -> None:
    """Let the store keep each version of a file as long as any file that has its bytes is kept.

    Twice changes nothing; what is gone needs nothing.
    """
    blobs = Blob.objects.filter(versions__file=file_id).distinct()
    for blob in by_key(blobs):
        fault_point("files-locking")
        _lock(blob)


def kept_blobs(blobs: QuerySet[Blob]) -> QuerySet[Blob]:
    """Return those among these that belong to a file which is kept."""
    return blobs.filter(
        Exists(File.across_tenants.filter(is_kept(), versions__blob=OuterRef("pk")))
    )


def _lock(blob: Blob) -> None:
    files = File.objects.filter(versions__blob=blob)
    store = file_store()
    try:
        can = store.hold(blob.storage_key, held=files.filter(held=True).exists())
        until = files.aggregate(until=Max("retained_until"))["until"]
        if can and until is not None and until > clock.now():
            store.retain(blob.storage_key, until=until)
    except NotFoundError:
        if Blob.objects.filter(pk=blob.pk, storage_key=blob.storage_key).exists():
            raise
        return
    if not can:
        _say_once()


@cache
def _say_once() -> None:
    logger.warning(
        "files are kept by their rows alone: the store has no Object Lock;"
        " see Holds and retention in apps/files/README.md"
    )


def is_kept() -> Q:
    """Return which files nobody may remove now."""
    return Q(held=True) | Q(retained_until__gt=clock.now())
