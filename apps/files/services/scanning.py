"""Scanning: nothing is given out before somebody has read all of it and found it clean."""

import hashlib
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.files import metrics
from apps.files.adapters.scanners import Verdict, scanner
from apps.files.domain.sniffing import SNIFFED_BYTES, sniffed
from apps.files.errors import ContentDamagedError, ScannerUnavailableError
from apps.files.models import WAITING, Blob, FileState
from apps.files.selectors.stored import stored_bytes
from apps.files.selectors.types import may_be
from apps.files.services.blobs import judge, show_state
from apps.files.services.quotas import lock_usage
from kernel import clock
from kernel.errors import NotFoundError
from kernel.faults import fault_point
from kernel.jobs.services import enqueue
from kernel.observability.context import exemplar
from kernel.tenancy.context import in_tenant

#: Of one that waits for so long the job may be gone.
PATIENCE = timedelta(minutes=5)
SWEPT_AT_ONCE = 100

_AGAIN = Q(rescan_since__isnull=False)
TO_SCAN = Q(state__in=WAITING) | _AGAIN
#: Nobody else has taken it up meanwhile, or put it back.
_SCANNED = Q(state=FileState.SCANNING) | _AGAIN
#: New files do not wait for those that were judged before.
RESCAN_PRIORITY = -10


def scan_blob(blob_id: UUID) -> None:
    """Read a blob to its end and note the verdict. Told twice, it changes nothing.

    Whatever fails on the way leaves it quarantined, for the job to try again.
    """
    blob = _begin(blob_id)
    if blob is None:
        return
    stored = stored_bytes(blob)
    asked, read = scanner(), _Read(stored.read())
    begun, by, signatures = time.monotonic(), "", ""
    try:
        signatures = asked.signatures()
        verdict = asked.scan(read, size_bytes=blob.size_bytes)
        if verdict.outcome == "clean" and not read.ended:
            verdict = Verdict("unscannable", "the scanner did not read all of it")
        read.on()
        if wrong := read.wrong(blob):
            verdict = Verdict("unscannable", wrong)
        else:
            by = asked.name
    except NotFoundError:
        if Blob.objects.filter(pk=blob_id).exclude(storage_key=stored.key).exists():
            # They were encrypted at this moment, and are under another key.
            _give_up(blob_id)
            scan_blob(blob_id)
            return
        verdict = Verdict("unscannable", "its bytes are not there")
    except ContentDamagedError as error:
        verdict = Verdict("unscannable", str(error))
    except BaseException as error:
        if isinstance(error, ScannerUnavailableError):
            metrics.SCANNER_UP.set(0)
        _give_up(blob_id)
        raise
    fault_point("files-scanned")
    metrics.SCANNER_UP.set(1)
    metrics.SCAN_SECONDS.observe(time.monotonic() - begun, exemplar())
    with transaction.atomic():
        lock_usage()
        blob = Blob.objects.filter(_SCANNED, pk=blob_id).first()
        if blob is None:
            return
        blob.detected_type = sniffed(bytes(read.head))
        blob.sha256 = blob.sha256 or read.digest()
        verdict = _of_allowed_type(blob.detected_type, verdict)
        judge(blob, verdict, scanner=by, signatures=signatures)
    metrics.VERDICTS.labels(verdict.outcome).inc()


def enqueue_waiting() -> None:
    """Let those be scanned whose job went missing, or gave up."""
    since = clock.now() - PATIENCE
    new = Blob.across_tenants.filter(state__in=WAITING, created_at__lt=since)
    again = Blob.across_tenants.filter(rescan_since__lt=since)
    for rows in (new.order_by("created_at"), again.order_by("rescan_since")):
        for blob in rows[:SWEPT_AT_ONCE]:
            with in_tenant(blob.tenant_id):
                enqueue_scan(blob)


def enqueue_scan(blob: Blob) -> None:
    """Let a job scan it, in the caller's transaction; one at a time is enough."""
    priority = None if blob.rescan_since is None else RESCAN_PRIORITY
    enqueue("files.scan", str(blob.pk), live_key=f"files.scan {blob.pk}", priority=priority)


@transaction.atomic
def _begin(blob_id: UUID) -> Blob | None:
    lock_usage()
    blob = Blob.objects.filter(TO_SCAN, pk=blob_id).first()
    # What was judged before is given out, or not, as it was until there is another verdict.
    if blob is not None and blob.state in WAITING:
        show_state(blob, FileState.SCANNING)
    return blob


@transaction.atomic
def _give_up(blob_id: UUID) -> None:
    lock_usage()
    blob = Blob.objects.filter(pk=blob_id, state=FileState.SCANNING).first()
    if blob is not None:
        show_state(blob, FileState.QUARANTINED)


def _of_allowed_type(detected: str, verdict: Verdict) -> Verdict:
    if verdict.outcome == "clean" and not may_be(detected):
        return Verdict("refused", f"TYPE_NOT_ALLOWED: {detected}")
    return verdict


class _Read:
    """Chunks on their way to the scanner: their beginning, their number and their sum are kept."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._sha256 = hashlib.sha256()
        self._size = 0
        self.ended = False
        self.head = bytearray()

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._sha256.update(chunk)
            self._size += len(chunk)
            if len(self.head) < SNIFFED_BYTES:
                self.head += chunk[: SNIFFED_BYTES - len(self.head)]
            yield chunk
        self.ended = True

    def on(self) -> None:
        """Read to the end: who needs no more for a verdict leaves the rest."""
        for _ in self:
            pass

    def wrong(self, blob: Blob) -> str:
        """Say why these are not the bytes that somebody sent; nothing if they are."""
        if self._size != blob.size_bytes:
            return f"{self._size} bytes were read, of {blob.size_bytes} that came"
        if blob.sha256 and blob.sha256 != self.digest():
            return "what is kept is not what came"
        return ""

    def digest(self) -> str:
        """Return the SHA-256 of all; of what was not read to its end there is none."""
        return self._sha256.hexdigest() if self.ended else ""
