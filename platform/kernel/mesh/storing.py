"""Files of one app kept by the files service: sent once, whatever dies on the way.

An app writes what it makes to a store of its own first, so that size and SHA-256 are known and it
can be read again. Then a job sends it, and calls this again until it is there:

    outgoing = Outgoing(app="audit", key=str(export.pk), name=…, size_bytes=…, sha256=…, read=…)
    export.file_id = store(outgoing, upload_id=export.upload_id, note=lambda id: …)

`note` keeps the id of the upload in the app's row before a byte goes (a DomainError that it raises
lets nothing go), and `upload_id` is what was
kept. So the next attempt, in whichever process, takes up the file that is there already, or takes
back what of it is not whole and sends it anew. `key` is the same at each attempt. None of this is
called in a transaction.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import sleep
from typing import Any, BinaryIO, Protocol, cast

import urllib3
from django.conf import settings

from kernel.discovery.connections import connections, outside
from kernel.errors import DomainError, NotFoundError, UnavailableError
from kernel.faults import fault_point
from kernel.mesh.client import DEADLINE_SECONDS, RemoteError, mesh
from kernel.mesh.destinations import near_url
from kernel.mesh.fetching import Fetched, fetched
from kernel.observability.context import current_ids
from kernel.storage.joined import Joined
from kernel.tenancy.context import Principal, acting_as, current_tenant_id

#: Between two bytes that the other side takes.
SILENCE_SECONDS = 60.0
#: Whoever is sent to an address begins to fetch it at once.
ADDRESS_SECONDS = 300
#: What went straight to a bucket is looked at by a job of the files service, mostly at once.
#: Without this patience each such file costs whoever hands it over a failed attempt and its pause.
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)

_START = """mutation($input: StartUploadInput!) { startUpload(input: $input) {
  uploadSession { id fileId } request { url headers { name value } } error { code message } } }"""
_PARTS = """mutation($input: PresignUploadPartsInput!) { presignUploadParts(input: $input) {
  parts { offset length request { url headers { name value } } } error { code message } } }"""
_COMPLETE = """mutation($id: ID!) { completeUpload(input: {id: $id}) {
  uploadSession { id } error { code message } } }"""
_STANDING = "query($id: ID!) { uploadSession(id: $id) { state way fileId finding } }"
_DELETE = "mutation($id: ID!) { deleteFile(input: {id: $id}) { error { code message } } }"
_URL = "query($id: ID!, $for: Int!) { file(id: $id) { state signedUrl(seconds: $for) } }"


class Read(Protocol):
    """Gives the bytes of a file from an offset on, so many or all, in chunks."""

    def __call__(self, *, start: int = 0, length: int | None = None) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A file that an app of this process made, and keeps until it is stored."""

    app: str
    key: str
    name: str
    content_type: str
    size_bytes: int
    sha256: str
    #: The scope that it takes beside `files:read` to see it.
    reader_scope: str = ""
    read: Read


class NotStoredYetError(DomainError):
    """The files service has the bytes, or lost them on their way; to be tried again."""

    code = "NOT_STORED_YET"
    status = 503
    retryable = True


class NotStoredError(DomainError):
    """The files service takes no such file: trying again changes nothing."""

    code = "NOT_STORED"
    status = 409

    def __init__(self, message: str, *, remote_code: str) -> None:
        super().__init__(message)
        self.remote_code = remote_code


#: Takes in, in this process, what would be sent by PUT to a path.
Receiver = Callable[[str, Iterator[bytes]], None]
_near: list[Receiver] = []
#: What waiting does not heal.
_FINAL = {
    *("FILE_HELD", "FORBIDDEN", "INVALID_INPUT", "NOT_FOUND"),
    *("PAYLOAD_TOO_LARGE", "QUOTA_EXCEEDED"),
}


def receive_here(receiver: Receiver) -> None:
    """Let files be handed over in this process, which serves them; said once, at start."""
    _near[:] = [receiver]


def store(outgoing: Outgoing, *, upload_id: str | None, note: Callable[[str], None]) -> str:
    """Return the id of the file in the files service, once all of it is there.

    Raises what is retryable (UnavailableError, NotStoredYetError), or NotStoredError for what it
    refuses, such as one that is too large.
    """
    with acting_as(_service(outgoing.app, outgoing.reader_scope)):
        upload = _standing(upload_id)
        if upload["state"] == "RECEIVING" and upload["way"] == "PARTS":
            _send_parts(str(upload_id), outgoing)
        elif upload["state"] not in {"DONE", "VERIFYING"}:
            # What came by one request is not gone on with.
            _forget(upload["fileId"])
            upload_id = _start(outgoing, former=upload_id or "", note=note)
        if upload["state"] != "DONE":
            upload = _looked_at(upload_id)
        if upload["state"] != "DONE" or upload["fileId"] is None:
            raise NotStoredYetError(
                f"the upload is {upload['state'].lower()}: {upload['finding'] or 'wait for it'}"
            )
        return str(upload["fileId"])


def forget(app: str, *, reader_scope: str, upload_id: str = "", file_id: str = "") -> None:
    """Let the files service remove a file, or what has come of it. Twice changes nothing.

    Raises UnavailableError, NotStoredYetError; NotStoredError when it keeps it: a hold is on it.
    """
    with acting_as(_service(app, reader_scope)):
        _forget(file_id or _standing(upload_id)["fileId"])


def address_of(app: str, *, reader_scope: str, file_id: str, seconds: int = ADDRESS_SECONDS) -> str:
    """Return where whoever is given it fetches the file, who is to begin within so many seconds.

    Raises NotStoredYetError while it is not given out: it waits to be scanned, or was found bad;
    NotFoundError when somebody has removed it.
    """
    wanted = {"id": file_id, "for": seconds}
    with acting_as(_service(app, reader_scope)):
        try:
            file = mesh.query("files", _URL, **wanted)["file"]
        except RemoteError as error:
            if error.remote_code != "NOT_FOUND":
                raise
            raise NotFoundError("somebody has removed the file") from None
    if file["signedUrl"] is None:
        raise NotStoredYetError(f"the file is {file['state'].lower()}, and not given out")
    return str(file["signedUrl"])


@contextmanager
def taken_back(app: str, *, reader_scope: str, file_id: str, most_bytes: int) -> Iterator[Fetched]:
    """Give a file that this app had stored, whoever acts; raises as `fetched` does."""
    with ExitStack() as open_things:
        with acting_as(_service(app, reader_scope)):
            file = open_things.enter_context(fetched(file_id, most_bytes=most_bytes))
        yield file


def _service(app: str, reader_scope: str) -> Principal:
    """Return this app itself, in the tenant whose file it is."""
    scopes = {"files:read", "files:write", reader_scope} - {""}
    tenant_id = current_tenant_id()
    return Principal(
        kind="service", id=app, name=app, tenant_id=tenant_id, scopes=frozenset(scopes)
    )


def _standing(upload_id: str | None) -> dict[str, Any]:
    gone = {"state": "GONE", "fileId": None, "finding": ""}
    if not upload_id:
        return gone
    try:
        found: dict[str, Any] = mesh.query("files", _STANDING, id=upload_id)["uploadSession"]
    except RemoteError as error:
        if error.remote_code != "NOT_FOUND":
            raise _told(error.remote_code, str(error)) from error
        return gone
    return found


def _looked_at(upload_id: str | None) -> dict[str, Any]:
    """Return how an upload stands, which the files service is given a moment to look at."""
    upload = _standing(upload_id)
    for pause in PAUSES:
        if upload["state"] != "VERIFYING":
            break
        sleep(pause)
        upload = _standing(upload_id)
    return upload


def _start(outgoing: Outgoing, *, former: str, note: Callable[[str], None]) -> str:
    """Send all of it as another upload, and return the id of that."""
    told = {
        "name": outgoing.name,
        "contentType": outgoing.content_type,
        "sizeBytes": outgoing.size_bytes,
        "sha256": outgoing.sha256,
        "readerScope": outgoing.reader_scope,
        # Of an attempt that died before it was noted, the upload is found again.
        "idempotencyKey": f"{outgoing.app}:{outgoing.key}:{former}",
    }
    made = _changed("startUpload", _START, input=told)
    upload_id, request = str(made["uploadSession"]["id"]), made["request"]
    fault_point("mesh-upload-started")
    try:
        note(upload_id)
    except DomainError:
        _forget(made["uploadSession"]["fileId"])
        raise
    fault_point("mesh-upload-noted")
    if request is None:
        _send_parts(upload_id, outgoing)
        return upload_id
    _put(request, outgoing, 0, outgoing.size_bytes)
    if not request["url"].startswith("/"):
        # It went to the store itself, which tells nobody.
        _changed("completeUpload", _COMPLETE, id=upload_id)
    return upload_id


def _send_parts(upload_id: str, outgoing: Outgoing) -> None:
    """Send the parts that are missing."""
    wanted = {"id": upload_id}
    while parts := _changed("presignUploadParts", _PARTS, input=wanted)["parts"]:
        for part in parts:
            _put(part["request"], outgoing, int(part["offset"]), int(part["length"]))
    _changed("completeUpload", _COMPLETE, id=upload_id)


def _put(request: dict[str, Any], outgoing: Outgoing, start: int, length: int) -> None:
    """Send so many bytes to the address of a request, never all of them in memory."""
    url, chunks = str(request["url"]), outgoing.read(start=start, length=length)
    headers = {one["name"]: one["value"] for one in request["headers"]}
    pool = outside()
    if url.startswith("/"):
        if "files" in settings.SERVICES and _near:
            try:
                _near[0](url, chunks)
            except DomainError as error:
                raise NotStoredYetError(f"{error.code}: {error}") from error
            return
        url, pool = near_url("files") + url, connections()
        # A store that is not ours would refuse what was not signed.
        headers["traceparent"] = current_ids().traceparent
    try:
        response = pool.request(
            "PUT",
            url,
            body=cast(BinaryIO, Joined(chunks)),
            headers=headers,
            timeout=urllib3.Timeout(connect=DEADLINE_SECONDS, read=SILENCE_SECONDS),
        )
    except urllib3.exceptions.HTTPError as error:
        raise UnavailableError(f"files took no bytes: {type(error).__name__}") from None
    if response.status not in {200, 201, 204}:
        # The address may have expired meanwhile: another attempt has another.
        raise NotStoredYetError(f"files answered {response.status} to the bytes")


def _forget(file_id: str | None) -> None:
    if file_id:
        try:
            _changed("deleteFile", _DELETE, id=file_id)
        except NotStoredError as error:
            if error.remote_code != "NOT_FOUND":
                raise


def _changed(name: str, document: str, **variables: Any) -> dict[str, Any]:
    """Ask for a change and return its answer; raises for an error in it."""
    try:
        made: dict[str, Any] = mesh.query("files", document, **variables)[name]
    except RemoteError as error:
        raise _told(error.remote_code, str(error)) from error
    if made.get("error"):
        raise _told(made["error"]["code"], made["error"]["message"])
    return made


def _told(code: str, message: str) -> DomainError:
    if code in _FINAL:
        return NotStoredError(f"{code}: {message}", remote_code=code)
    return NotStoredYetError(f"{code}: {message}")
