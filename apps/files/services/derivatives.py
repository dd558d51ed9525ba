"""What is made of blobs: pictures for people to look at, and text for search.

It is done with bytes that are given out, by a job, in a sandbox. Whatever a file does there it does
to itself: it gets a reason, and the next one its turn.
"""

import hashlib
import time
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction

from apps.files import metrics
from apps.files.adapters.stores import file_store
from apps.files.conf import (
    DERIVED_BYTES,
    DERIVED_MEMORY_BYTES,
    DERIVED_TIME,
    PICTURE_PIXELS,
    TEXT_CHARACTERS,
)
from apps.files.domain.derivable import SIZES, Making, beginning_bytes, makings_of
from apps.files.domain.rendering.refusals import Reason
from apps.files.domain.search import stored_words
from apps.files.errors import DerivativePendingError
from apps.files.models import (
    SERVED,
    Blob,
    BlobText,
    Derivative,
    DerivativeKind,
    DerivativeState,
)
from apps.files.selectors.contents import Content
from apps.files.selectors.derivatives import picture_of
from apps.files.selectors.search import tenant_word
from apps.files.selectors.stored import made_of, stored_bytes
from apps.files.services.forgetting import forget
from apps.files.services.quotas import lock_usage
from kernel.faults import fault_point
from kernel.jobs.services import enqueue
from kernel.observability.context import exemplar
from kernel.reading import by_key
from kernel.sandbox import Answer, Limits, Sandbox, SandboxError, SandboxReason
from kernel.storage.port import new_key
from kernel.tenancy.context import in_tenant

RENDERING = Sandbox("apps.files.domain.rendering")
#: Less than for what people wait for.
PRIORITY = -5
EXCERPT_CHARACTERS = 300
#: All that one file may make.
_MOST_OUTPUT_BYTES = 50_000_000
_CHECKED_AT_ONCE = 500
_RETRIED_AT_ONCE = 200
#: Reasons that may be none under other limits.
_BY_LIMITS = (Reason.TOO_LONG, Reason.TOO_MANY_PIXELS, SandboxReason.MEMORY, SandboxReason.TIME)


def enqueue_derive(blob: Blob) -> None:
    """Let a job make what is missing of a blob, in the caller's transaction."""
    if blob.state in SERVED and wanted_of(blob):
        enqueue("files.derive", str(blob.pk), live_key=f"files.derive {blob.pk}", priority=PRIORITY)


def wanted_of(blob: Blob) -> tuple[Making, ...]:
    """Return what is made of a blob, and how: the one place that says so.

    No text of one that is encrypted, or is going to be: it would be there to read in the database.
    """
    protected = blob.encrypted or blob.encrypt_since is not None
    return tuple(
        making
        for making in makings_of(blob.detected_type)
        if not (protected and making.kinds == (DerivativeKind.TEXT,))
    )


def derive_blob(blob_id: UUID) -> None:
    """Make what is missing of a blob. Told twice, it changes nothing.

    What fails for no fault of the file's leaves it pending, for the job to try again.
    """
    blob = Blob.objects.filter(pk=blob_id, state__in=SERVED).first()
    if blob is None:
        return
    for making in wanted_of(blob):
        pending = _begin(blob, making.kinds)
        if not pending:
            continue
        begun = time.monotonic()
        try:
            answer = _made(blob, making)
        except SandboxError as error:
            for one in pending.values():
                _settle(
                    one,
                    state=DerivativeState.IMPOSSIBLE,
                    reason=error.code[:40],
                    limits=_limits_told(),
                )
        else:
            _keep_all(blob, pending, answer)
        metrics.DERIVE_SECONDS.observe(time.monotonic() - begun, exemplar())
    if Blob.objects.filter(pk=blob_id).exclude(storage_key=blob.storage_key).exists():
        # It was encrypted meanwhile, and what was made of it is gone.
        derive_blob(blob_id)


def retry_limited() -> int:
    """Let some be tried again that were impossible under other limits; return how many."""
    limits, tried = _limits_told(), 0
    rows = Derivative.across_tenants.filter(
        state=DerivativeState.IMPOSSIBLE, reason__in=_BY_LIMITS
    ).exclude(limits=limits)
    for one in rows.select_related("blob").order_by("pk")[:_RETRIED_AT_ONCE]:
        with in_tenant(one.tenant_id), transaction.atomic():
            Derivative.objects.filter(pk=one.pk).update(
                state=DerivativeState.PENDING, reason="", limits=limits
            )
            enqueue_derive(one.blob)
        tried += 1
    return tried


def drop_derivatives(blob_ids: Collection[UUID]) -> None:
    """Forget what was made of these blobs, in the caller's transaction."""
    rows = Derivative.objects.filter(blob__in=blob_ids)
    keys = list(rows.filter(kind__in=SIZES).values_list("storage_key", flat=True))
    rows.delete()
    BlobText.objects.filter(blob__in=blob_ids).delete()
    for key in keys:
        forget(key)


def remake_lost() -> int:
    """Let those be made again whose bytes are not there, and return how many these were."""
    store, lost = file_store(), 0
    rows = Derivative.across_tenants.filter(state=DerivativeState.READY, kind__in=SIZES)
    for one in by_key(rows.select_related("blob"), at_once=_CHECKED_AT_ONCE):
        if store.exists(one.storage_key):
            continue
        with in_tenant(one.tenant_id), transaction.atomic():
            Derivative.objects.filter(pk=one.pk).update(state=DerivativeState.PENDING)
            enqueue_derive(one.blob)
        lost += 1
    return lost


def picture(content: Content, kind: str) -> Content:
    """Return a picture of a content that may be given out; one that nobody makes is begun.

    Raises DerivativePendingError, DerivativeImpossibleError.
    """
    try:
        return picture_of(content, kind)
    except DerivativePendingError:
        blob = Blob.objects.filter(storage_key=content.stored.key).first()
        if blob is not None:
            with transaction.atomic():
                enqueue_derive(blob)
        raise


def _limits_told() -> str:
    """Return the limits that may be why something is impossible."""
    seconds = DERIVED_TIME.value().total_seconds()
    limits = (DERIVED_BYTES.value(), PICTURE_PIXELS.value(), DERIVED_MEMORY_BYTES.value(), seconds)
    return " ".join(map(str, limits))


@transaction.atomic
def _begin(blob: Blob, kinds: Iterable[str]) -> dict[str, Derivative]:
    """Return those that are to be made; their rows are there before their bytes."""
    lock_usage()
    if not Blob.objects.filter(pk=blob.pk).exists():
        return {}
    there = {one.kind: one for one in Derivative.objects.filter(blob=blob, kind__in=kinds)}
    new = [
        Derivative(blob=blob, kind=kind, storage_key=new_key("files"))
        for kind in kinds
        if kind not in there
    ]
    Derivative.objects.bulk_create(new)
    pending = [one for one in there.values() if one.state == DerivativeState.PENDING]
    return {one.kind: one for one in (*pending, *new)}


def _made(blob: Blob, making: Making) -> Answer:
    most = DERIVED_BYTES.value()
    arguments: dict[str, object] = {}
    if making.kinds == (DerivativeKind.TEXT,):
        arguments["characters"] = TEXT_CHARACTERS.value()
        if making.beginning:
            most = min(most, beginning_bytes(TEXT_CHARACTERS.value()))
    else:
        arguments["sizes"] = [SIZES[kind] for kind in making.kinds]
    if making.function == "picture":
        arguments["most_pixels"] = PICTURE_PIXELS.value()
    if blob.size_bytes > most and not making.beginning:
        raise SandboxError(Reason.TOO_LONG, f"it has {blob.size_bytes} bytes")
    size, seconds = min(blob.size_bytes, most), DERIVED_TIME.value().total_seconds()
    answer = RENDERING.run(
        making.function,
        stored_bytes(blob).read(length=size),
        size=size,
        limits=Limits(
            memory_bytes=DERIVED_MEMORY_BYTES.value(),
            cpu_seconds=max(int(seconds), 1),
            # What the store takes is no fault of the file's.
            seconds=seconds * 2,
            output_bytes=_MOST_OUTPUT_BYTES,
        ),
        arguments=arguments,
    )
    if not _believable(answer, making):
        raise SandboxError(SandboxReason.FAILED, "what it made is not what it should be")
    return answer


def _believable(answer: Answer, making: Making) -> bool:
    """Say whether an answer has the form it should have: a file may have had it made up."""
    if len(answer.parts) != len(making.kinds):
        return False
    if making.kinds == (DerivativeKind.TEXT,):
        return True
    sizes = answer.told.get("sizes")
    return (
        isinstance(sizes, list)
        and len(sizes) == len(answer.parts)
        and all(part[:4] == b"RIFF" and part[8:12] == b"WEBP" for part in answer.parts)
        and all(_is_size(one) for one in sizes)
    )


def _is_size(told: object) -> bool:
    return (
        isinstance(told, list)
        and len(told) == 2
        and all(isinstance(side, int) and 0 < side <= max(SIZES.values()) for side in told)
    )


def _keep_all(blob: Blob, pending: dict[str, Derivative], answer: Answer) -> None:
    if DerivativeKind.TEXT in pending:
        _keep_text(blob, pending[DerivativeKind.TEXT], answer.parts[0])
        return
    for kind, (width, height), data in zip(SIZES, answer.told["sizes"], answer.parts, strict=True):
        if kind not in pending:
            continue
        row = pending[kind]
        made_of(blob, row.storage_key, len(data)).save([data])
        fault_point("files-derived")
        kept = _settle(
            row,
            state=DerivativeState.READY,
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
            width=width,
            height=height,
        )
        if not kept:
            # Its blob was removed meanwhile.
            file_store().delete(row.storage_key)


@transaction.atomic
def _keep_text(blob: Blob, row: Derivative, data: bytes) -> None:
    lock_usage()
    text = data.decode(errors="replace").replace("\0", " ")
    if not _settle(row, state=DerivativeState.READY, size_bytes=len(data)):
        return
    excerpt = " ".join(text[: EXCERPT_CHARACTERS * 4].split())[:EXCERPT_CHARACTERS]
    words = stored_words(text, tenant_word())
    BlobText.objects.update_or_create(blob=blob, defaults={"excerpt": excerpt, "words": words})


def _settle(row: Derivative, **columns: object) -> bool:
    metrics.DERIVATIVES.labels(row.kind, columns["state"]).inc()
    return bool(Derivative.objects.filter(pk=row.pk).update(**columns))
