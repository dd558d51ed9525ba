"""Blobs between the files that have them: taken up, judged, shared, and gone with the last.

Each of these is called in a transaction that has begun with `lock_usage`.
"""

from collections.abc import Callable, Collection, Iterator
from itertools import islice
from uuid import UUID

from django.db.models import Exists, Max, OuterRef

from apps.files.adapters.scanners import Verdict
from apps.files.models import Blob, File, FileState, FileVersion
from apps.files.services.derivatives import drop_derivatives, enqueue_derive
from apps.files.services.forgetting import forget
from apps.files.services.locking import lock_kept
from apps.files.services.quotas import release
from contracts.event import Event
from contracts.files import FileQuarantined, FileReleased, FileScanned
from kernel import clock
from kernel.events.actors import current_actor
from kernel.events.publishing import publish_all

#: What a file shows of its blob.
SHOWN = (
    "state",
    "size_bytes",
    "sha256",
    "detected_type",
    "scanner",
    "finding",
    "scanned_at",
    "rescan_since",
    "release_reason",
    "encrypted",
)
JUDGED = ("state", "scanner", "finding", "scanned_at", "signatures")
TOLD_AT_ONCE = 500


def add_version(file: File, blob: Blob, *, content_type: str, note: str = "") -> FileVersion:
    """Let this be what a file has from now on."""
    actor = current_actor()
    version = FileVersion.objects.create(
        file=file,
        number=file.version + 1,
        blob=blob,
        content_type=content_type,
        author_type=actor.type,
        author_id=actor.id,
        author_name=actor.name,
        note=note,
        reader_scope=file.reader_scope,
    )
    file.blob, file.version, file.content_type = blob, version.number, content_type
    for name, value in _shown(blob).items():
        setattr(file, name, value)
    file.save(update_fields=["blob", "version", "content_type", *SHOWN])
    return version


def judge(blob: Blob, verdict: Verdict, *, scanner: str, signatures: str = "") -> None:
    """Note a verdict with the blob and its files, and tell each of them of it if it is another.

    Of two clean ones with the same content the one that is there already stays. What somebody has
    released stays so as long as nothing else is found.
    """
    before, finding = (blob.state, blob.finding), verdict.finding[:500]
    blob.scanner, blob.signatures = scanner, signatures[:300]
    blob.scanned_at, blob.rescan_since = clock.now(), None
    if blob.state != FileState.RELEASED or finding != blob.finding:
        blob.state, blob.finding, blob.release_reason = FileState(verdict.outcome), finding, ""
    _save(blob, *JUDGED, "rescan_since", "release_reason", "detected_type", "sha256")
    if (blob.state, blob.finding) != before:
        tell(blob, FileScanned, outcome=blob.state, scanner=scanner, finding=finding)
    if blob.state == FileState.CLEAN:
        enqueue_derive(merge(blob))


def ask_again(blob: Blob) -> None:
    """Let it be scanned once more; until then it is what it was."""
    blob.rescan_since = clock.now()
    _save(blob, "rescan_since")


def release_blob(blob: Blob, reason: str) -> None:
    """Let it be given out whatever the scanner has said, and tell of it."""
    outcome = blob.state
    blob.state, blob.release_reason = FileState.RELEASED, reason
    _save(blob, "state", "release_reason")
    enqueue_derive(blob)
    tell(blob, FileReleased, outcome=outcome, finding=blob.finding, reason=reason)


def quarantine_blob(blob: Blob, reason: str) -> None:
    """Let it not be given out until it was scanned once more, and tell of it."""
    blob.state, blob.release_reason = FileState.QUARANTINED, ""
    _save(blob, "state", "release_reason")
    tell(blob, FileQuarantined, reason=reason)


def show_state(blob: Blob, state: FileState) -> None:
    """Set the state of a blob, and with it that of its files."""
    blob.state = state
    blob.save(update_fields=["state"])
    File.objects.filter(blob=blob).update(state=state)


def drop_unused(blob_ids: Collection[UUID]) -> None:
    """Forget those among these that no version has any more; what they took is free."""
    used = FileVersion.objects.filter(blob=OuterRef("pk"))
    unused = list(Blob.objects.filter(~Exists(used), pk__in=blob_ids))
    if not unused:
        return
    drop_derivatives([blob.pk for blob in unused])
    Blob.objects.filter(pk__in=[blob.pk for blob in unused]).delete()
    release(sum(blob.size_bytes for blob in unused))
    for blob in unused:
        forget(blob.storage_key)
        if blob.encrypting_key:
            forget(blob.encrypting_key)


def merge(blob: Blob) -> Blob:
    """Let of two clean ones with the same content, both encrypted or neither, one stay; return it.

    One that waits to be encrypted is neither: it would take the other with it.
    """
    if blob.encrypt_since is not None:
        return blob
    twins = Blob.objects.filter(
        sha256=blob.sha256,
        size_bytes=blob.size_bytes,
        state=FileState.CLEAN,
        encrypted=blob.encrypted,
        encrypt_since=None,
    )
    twin = twins.exclude(pk=blob.pk).order_by("pk").first()
    if twin is None:
        return blob
    # The same bytes, judged by whoever looked last.
    for name in JUDGED:
        setattr(twin, name, getattr(blob, name))
    twin.save(update_fields=JUDGED)
    File.objects.filter(blob__in=(blob, twin)).update(blob=twin, **_shown(twin))
    FileVersion.objects.filter(blob=blob).update(blob=twin)
    lock_kept([twin.pk])
    drop_unused([blob.pk])
    return twin


def tell(blob: Blob, event: Callable[..., Event], **said: str) -> None:
    """Tell something of each file that has the blob, or had it."""
    versions = FileVersion.objects.filter(blob=blob).values_list("file_id", "file__name")
    told: Iterator[Event] = (
        event(file_id=str(file_id), name=name, version=number, **said)
        for file_id, name, number in versions.annotate(Max("number")).iterator()
    )
    while some := list(islice(told, TOLD_AT_ONCE)):
        publish_all(some)


def _save(blob: Blob, *columns: str) -> None:
    blob.save(update_fields=columns)
    File.objects.filter(blob=blob).update(**_shown(blob))


def _shown(blob: Blob) -> dict[str, object]:
    return {name: getattr(blob, name) for name in SHOWN}
