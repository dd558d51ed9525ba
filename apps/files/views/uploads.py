"""tus 1.0.0 under `/files/api/uploads/`: who may, what is asked, and what is answered.

Bodies are not read here: `kernel.serving.handover` lets them stream past.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from apps.files.conf import most_bytes
from apps.files.domain.tus import (
    BODY_TYPE,
    CHECKSUMS,
    EXTENSIONS,
    VERSION,
    Creation,
    HeaderError,
    Standing,
    checksum,
    creation,
    number,
    read_metadata,
)
from apps.files.errors import TusVersionError
from apps.files.services.joining import join_uploads
from apps.files.services.transfers import flush, on_thread, take_in
from apps.files.services.uploads import (
    begin_upload,
    begin_version,
    end_upload,
    finish_upload,
    upload_of,
)
from apps.files.views.cross_origin import cross_origin
from kernel.errors import InvalidInputError, MethodNotAllowedError
from kernel.federation.requests import UnsupportedMediaTypeError
from kernel.http import Reply
from kernel.ratelimits.views import for_programs
from kernel.serving.handover import Incoming, Taker, handover_of
from kernel.tenancy.context import require

P = ParamSpec("P")
T = TypeVar("T")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

SCOPE = "files:write"
_METHODS = ("OPTIONS", "POST", "HEAD", "PATCH", "DELETE")


def tus(view: View[P]) -> View[P]:
    """Speak tus: its version in each answer, and nothing done for another; OPTIONS tells which."""

    @cross_origin(*_METHODS)
    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method == "OPTIONS":
            response = bare(204, _abilities())
        else:
            response = view(request, *args, **kwargs)
        response["Tus-Resumable"] = VERSION
        if response.status_code == 412:
            response["Tus-Version"] = VERSION
        return response

    return answer


@tus
@for_programs
def uploads(request: HttpRequest) -> HttpResponse:
    """Begin an upload, perhaps with the first of its bytes, or join finished parts."""
    _check(request, "POST")
    asked = read(creation, request)
    # By this key of its metadata an upload says that it is the next version of a file.
    follows = read_metadata(asked.metadata).get("fileid", b"").decode("latin-1")
    body = handover_of(request)
    tag = request.headers.get("If-Match", "")
    if asked.parts:
        body.to(_joining(asked, follows, tag))
        return bare(201)
    if body.length != 0:
        _check_type(request)
        sum_ = read(checksum, request)
    if follows and not asked.partial:
        begun = begin_version(asked, file_id=follows, tag=tag)
    else:
        begun = begin_upload(asked)
    if body.length == 0:
        upload = finish_upload(begun.id) if begun.length == 0 else begun
        return bare(201, upload.progress() | {"Location": upload.path})

    async def take(incoming: Incoming) -> Reply:
        upload = await take_in(incoming, begun.id, offset=0, checksum=sum_)
        return Reply(b"", 201, headers=upload.progress() | {"Location": upload.path})

    body.to(take)
    return bare(201)


@tus
@for_programs
def upload(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Tell how far an upload is, go on with it, or end it."""
    method = _check(request, "HEAD", "PATCH", "DELETE")
    if method == "DELETE":
        end_upload(upload_id)
        return bare(204)
    # In the tenant, and not gone: this is not asked again of each that follows.
    upload_of(upload_id)
    body = handover_of(request)
    if method == "HEAD":
        body.to(_telling(upload_id))
        return bare(200)
    _check_type(request)
    offset = number_told(request, "Upload-Offset")
    if offset is None:
        raise InvalidInputError("a PATCH needs the header Upload-Offset")
    length, sum_ = number_told(request, "Upload-Length"), read(checksum, request)

    async def take(incoming: Incoming) -> Reply:
        upload = await take_in(incoming, upload_id, offset=offset, length=length, checksum=sum_)
        return Reply(b"", 204, headers=upload.progress())

    body.to(take)
    return bare(204)


def bare(status: int, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return an answer without a body, which is no page either."""
    told = {"Content-Type": "application/json"} | dict(headers or {})
    return HttpResponse(status=status, headers=told)


def number_told(request: HttpRequest, name: str) -> int | None:
    """Read a number in a header; raises InvalidInputError."""
    return read(lambda headers: number(headers, name), request)


def _joining(asked: Creation, follows: str, tag: str) -> Taker:
    async def join(_incoming: Incoming) -> Reply:
        whole: Standing = await on_thread(lambda: join_uploads(asked, follows=follows, tag=tag))
        return Reply(b"", 201, headers={"Location": whole.path})

    return join


def _telling(upload_id: UUID) -> Taker:
    async def tell(_incoming: Incoming) -> Reply:
        await flush(upload_id)
        found = await on_thread(lambda: upload_of(upload_id))
        return Reply(b"", 200, headers=found.headers() | {"Cache-Control": "no-store"})

    return tell


def _check(request: HttpRequest, *methods: str) -> str:
    """Return what is to be done, by who may do it; raises what speaks against it."""
    require(SCOPE)
    if request.headers.get("Tus-Resumable") != VERSION:
        raise TusVersionError(f"send `Tus-Resumable: {VERSION}`")
    # For clients that cannot send PATCH or DELETE.
    method = request.headers.get("X-HTTP-Method-Override") or request.method or ""
    if method not in methods:
        raise MethodNotAllowedError(f"{method[:40]} is not allowed here")
    return method


def _check_type(request: HttpRequest) -> None:
    if request.content_type != BODY_TYPE:
        raise UnsupportedMediaTypeError(
            f"Content-Type is {BODY_TYPE}, found {request.content_type!r:.80}"
        )


def read(reader: Callable[[Mapping[str, str]], T], request: HttpRequest) -> T:
    """Return what headers say; raises InvalidInputError for one that says what it may not."""
    try:
        return reader(request.headers)
    except HeaderError as error:
        raise InvalidInputError(str(error)) from None


def _abilities() -> dict[str, str]:
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": ",".join(EXTENSIONS),
        "Tus-Max-Size": str(most_bytes()),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }
