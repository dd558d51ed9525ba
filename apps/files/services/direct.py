"""Uploads that clients send straight to the store: begun, divided, completed, and seen to be whole.

Where clients do not reach the store, they are given an address of ours instead: they go one way.
What they have sent is a file when a job has seen that it is what they said.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.files.adapters.stores import clients, clients_before, file_store
from apps.files.conf import unfinished_time
from apps.files.domain.digests import sha256_of
from apps.files.domain.direct import GOOD_AT_ONCE, MOST_AT_ONCE, parts_of
from apps.files.domain.names import UNKNOWN_TYPE, media_type
from apps.files.domain.tus import Creation
from apps.files.errors import UploadIncompleteError
from apps.files.models import UploadSession, UploadState, UploadWay
from apps.files.selectors.addresses import signed
from apps.files.services.forgetting import close
from apps.files.services.quotas import lock_usage
from apps.files.services.uploads import begin_upload, check_there, end_upload, note_finished
from kernel import clock
from kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
)
from kernel.faults import fault_point
from kernel.ids import parse_id
from kernel.jobs.services import enqueue
from kernel.rows import locked
from kernel.storage.clients import ClientRequest, Kept, Sent
from kernel.tenancy.context import acting_principal

#: In which a request has to begin. What it begins may take as long as it takes.
REQUEST_TIME = timedelta(minutes=15)
#: After a request has expired, its body may still come for so long.
BODY_TIME = timedelta(hours=1)
MOST_REQUESTS = 100
SWEPT_AT_ONCE = 100
PATH = "/files/api/direct/"

_SCOPE = re.compile(r"[a-z]{1,31}:[a-z]{1,32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OF_NOTHING = hashlib.sha256(b"").hexdigest()


@transaction.atomic
def start_upload(
    *,
    name: str,
    size_bytes: int,
    content_type: str = "",
    sha256: str = "",
    way: UploadWay | None = None,
    folder_id: str | None = None,
    reader_scope: str = "",
) -> tuple[UploadSession, ClientRequest | None]:
    """Begin an upload, hold room for it, and return the request that sends it.

    None of one in parts, which `part_requests` gives. A `reader_scope` is for services to say.
    Raises InvalidInputError, PayloadTooLargeError, QuotaExceededError, NotFoundError,
    ForbiddenError.
    """
    _check_reader_scope(reader_scope)
    sent = _sent(size_bytes, sha256, content_type)
    way = _way(sent, way)
    asked = Creation(length=sent.size, metadata="", partial=False, parts=(), concat="")
    begun = begin_upload(
        asked,
        name=name,
        content_type=sent.content_type,
        folder_id=folder_id,
        reader_scope=reader_scope,
    )
    upload = UploadSession.objects.get(pk=begun.id)
    if upload.data_key is not None:
        # The store has no part in this: only what passes here can be encrypted.
        way = UploadWay.STREAM
    upload.way, upload.sha256 = way, sent.sha256
    upload.save(update_fields=["way", "sha256"])
    return upload, _request(upload, sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRequest:
    """The request that sends one part, from an offset on."""

    number: int
    offset: int
    length: int
    request: ClientRequest


def part_requests(
    *, id: str, numbers: Sequence[int] = ()
) -> tuple[UploadSession, list[PartRequest]]:
    """Return requests for parts of an upload; if none are named, for the first that are missing.

    At most 100, and none of one that comes through the platform. Raises NotFoundError,
    UploadGoneError, ConflictError, InvalidInputError.
    """
    if len(numbers) > MOST_REQUESTS:
        raise LimitExceededError(f"at most {MOST_REQUESTS} parts at a time, found {len(numbers)}")
    upload = _receiving(id)
    if upload.way == UploadWay.STREAM:
        _keep(upload)
        return upload, []
    if upload.way != UploadWay.PARTS:
        raise ConflictError(f"upload {upload.pk} does not come in parts")
    plan, store = parts_of(upload.length or 0), clients_before()
    try:
        asked = [(number, plan.size(number)) for number in numbers]
    except ValueError as error:
        raise InvalidInputError(str(error)) from None
    upload = _with_mark(upload)
    key, mark = upload.storage_key, upload.mark
    if not asked:
        there = {one.number: one.size for one in store.parts(key, mark)}
        asked = list(islice(plan.missing(there), MOST_REQUESTS))
    return upload, [
        PartRequest(
            number=number,
            offset=plan.part_bytes * (number - 1),
            length=size,
            request=store.part_request(key, mark, number=number, size=size, time=REQUEST_TIME),
        )
        for number, size in asked
    ]


@transaction.atomic
def complete_upload(*, id: str) -> UploadSession:
    """Let a job see what has come of an upload, and make it a file. Twice changes nothing.

    Raises NotFoundError, UploadGoneError, UploadIncompleteError.
    """
    upload = locked(UploadSession, id)
    if upload.state == UploadState.REFUSED:
        return upload
    check_there(upload)
    if upload.state != UploadState.RECEIVING:
        return upload
    if upload.way == UploadWay.STREAM:
        raise UploadIncompleteError(f"{upload.offset} of {upload.length} bytes have come")
    upload.state, upload.finding = UploadState.VERIFYING, ""
    upload.save(update_fields=["state", "finding"])
    _enqueue(upload)
    return upload


@transaction.atomic
def abort_upload(*, id: str) -> UploadSession:
    """End an upload, and return it; what came of it is forgotten by a job.

    What is a file already stays. Raises NotFoundError, UploadGoneError.
    """
    upload_id = parse_id(id)
    end_upload(upload_id)
    return UploadSession.objects.get(pk=upload_id)


def verify_upload(upload_id: UUID) -> None:
    """Make a file of what a client has sent, if it is what it said. Told twice, it changes nothing.

    Of one that has not all come the client may send the rest; one that is another is refused.
    """
    upload = UploadSession.objects.filter(pk=upload_id, state=UploadState.VERIFYING).first()
    if upload is None:
        return
    try:
        kept = _gathered(upload)
    except (NotFoundError, UploadIncompleteError) as error:
        _verifying(upload).update(
            state=UploadState.RECEIVING,
            finding=str(error)[:500],
            expires_at=clock.now() + unfinished_time(),
        )
        return
    fault_point("files-direct-gathered")
    wrong = ""
    if kept.size != upload.length:
        wrong = f"{kept.size} bytes came, of {upload.length} that were told"
    elif not kept.sha256:
        kept = replace(kept, sha256=sha256_of(file_store().read(upload.storage_key)))
    if not wrong and upload.sha256 not in {"", kept.sha256}:
        wrong = f"what came has the SHA-256 {kept.sha256}, told was {upload.sha256}"
    if wrong:
        _refuse(upload, wrong)
        return
    fault_point("files-direct-verified")
    _verifying(upload).update(offset=kept.size)
    note_finished(upload.pk, kept.sha256)


def enqueue_verifying() -> None:
    """Let those be looked at whose job went missing, or gave up."""
    rows = UploadSession.across_tenants.filter(state=UploadState.VERIFYING)
    for upload in rows.order_by("created_at")[:SWEPT_AT_ONCE]:
        _enqueue(upload)


def discard_incoming() -> None:
    """Forget what came to addresses after their upload had ended."""
    if store := clients():
        store.discard_incoming(before=clock.now() - unfinished_time() - REQUEST_TIME - BODY_TIME)


def _check_reader_scope(scope: str) -> None:
    if not scope:
        return
    who = acting_principal()
    if who is not None and who.kind != "service":
        raise ForbiddenError("what it takes to see a file is said by the service that makes it")
    if not _SCOPE.fullmatch(scope):
        raise InvalidInputError(f"a scope looks like `audit:export`, found {scope[:64]!r}")


def _sent(size: int, sha256: str, content_type: str) -> Sent:
    sha256 = sha256.lower()
    if sha256 and not _SHA256.fullmatch(sha256):
        raise InvalidInputError("a SHA-256 is 64 hexadecimal digits")
    if size < 0:
        raise InvalidInputError(f"a file has no {size} bytes")
    if size == 0:
        sha256 = sha256 or _OF_NOTHING
    return Sent(size=size, sha256=sha256, content_type=media_type(content_type))


def _way(sent: Sent, wanted: UploadWay | None) -> UploadWay:
    """Return the way that an upload goes; raises InvalidInputError where it cannot."""
    at_once = bool(sent.sha256) and sent.size <= GOOD_AT_ONCE
    way = wanted or (UploadWay.PUT if at_once else UploadWay.PARTS)
    if way in {UploadWay.PUT, UploadWay.FORM}:
        if not sent.sha256:
            raise InvalidInputError("what comes by one request needs its SHA-256: it is signed")
        if sent.size > MOST_AT_ONCE:
            raise InvalidInputError(f"more than {MOST_AT_ONCE} bytes come in parts")
    if clients() is None:
        return UploadWay.STREAM
    # There is no part of nothing.
    return UploadWay.PUT if way == UploadWay.PARTS and not sent.size else way


def _request(upload: UploadSession, sent: Sent) -> ClientRequest | None:
    store = clients()
    if store is None or upload.way == UploadWay.STREAM:
        return _own_request(upload, sent)
    if upload.way == UploadWay.PUT:
        return store.put_request(upload.storage_key, sent, time=REQUEST_TIME)
    if upload.way == UploadWay.FORM:
        return store.form_request(upload.storage_key, sent, time=REQUEST_TIME)
    return None


def _own_request(upload: UploadSession, sent: Sent) -> ClientRequest:
    ticket = signed("upload", upload.pk, time=REQUEST_TIME)
    headers = {"Content-Length": str(sent.size), "Content-Type": sent.content_type}
    return ClientRequest(method="PUT", url=f"{PATH}{ticket}", headers=headers)


def _receiving(upload_id: str) -> UploadSession:
    upload = UploadSession.visible().filter(pk=parse_id(upload_id)).first()
    if upload is None:
        raise NotFoundError(f"no upload {upload_id}")
    check_there(upload)
    if upload.state != UploadState.RECEIVING:
        raise ConflictError(f"upload {upload.pk} is {upload.state}: it takes no more")
    return upload


def _with_mark(upload: UploadSession) -> UploadSession:
    """Return it with its parts begun in the store, and kept from expiring."""
    if not upload.mark:
        store = clients_before()
        mark = store.begin_parts(upload.storage_key, content_type=_type_of(upload))
        fault_point("files-direct-begun")
        rows = UploadSession.objects.filter(pk=upload.pk, state=UploadState.RECEIVING, mark="")
        if not rows.update(mark=mark):
            # Another was first, or it has ended.
            file_store().discard(upload.storage_key, mark=mark)
    _keep(upload)
    return _receiving(str(upload.pk))


def _keep(upload: UploadSession) -> None:
    rows = UploadSession.objects.filter(pk=upload.pk, state=UploadState.RECEIVING)
    rows.update(expires_at=clock.now() + unfinished_time())


def _type_of(upload: UploadSession) -> str:
    return upload.file.content_type if upload.file is not None else UNKNOWN_TYPE


def _gathered(upload: UploadSession) -> Kept:
    """Put what has come under its key, and return what the store says of it.

    Raises UploadIncompleteError, NotFoundError.
    """
    store, key = clients_before(), upload.storage_key
    if upload.way != UploadWay.PARTS:
        store.accept(key)
        return store.kept(key)
    if not upload.mark:
        raise UploadIncompleteError("no part has come")
    try:
        there = store.parts(key, upload.mark)
    except NotFoundError:
        # They were joined before, or are nowhere.
        return store.kept(key)
    missing = list(parts_of(upload.length or 0).missing({one.number: one.size for one in there}))
    if missing:
        told = ", ".join(str(number) for number, _ in missing[:10])
        raise UploadIncompleteError(f"parts are missing, {len(missing)} of them, such as {told}")
    store.join_parts(key, upload.mark, there)
    return store.kept(key)


@transaction.atomic
def _refuse(upload: UploadSession, finding: str) -> None:
    lock_usage()
    row = UploadSession.objects.select_for_update().get(pk=upload.pk)
    if row.state != UploadState.VERIFYING:
        return
    row.finding, file = finding, row.file
    row.save(update_fields=["finding"])
    close(row, UploadState.REFUSED)
    if file is not None:
        file.delete()


def _enqueue(upload: UploadSession) -> None:
    """Let a job look at it, in the caller's transaction; one at a time is enough."""
    enqueue(
        "files.verify_upload",
        str(upload.pk),
        tenant_id=upload.tenant_id,
        live_key=f"files.verify_upload {upload.pk}",
    )


def _verifying(upload: UploadSession) -> QuerySet[UploadSession]:
    return UploadSession.objects.filter(pk=upload.pk, state=UploadState.VERIFYING)
