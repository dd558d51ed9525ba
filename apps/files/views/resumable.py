"""Resumable uploads as the IETF drafts them, at the addresses of tus, where a setting lets them.

Whoever sends `Upload-Draft-Interop-Version` speaks them; everybody else speaks tus. No answer comes
before the last (104), which our server cannot send: a client that is cut off in its first request
begins anew. An Upload-Length that was told ends an upload, too: not every client says at its last
chunk that it is.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

from apps.files.conf import ietf_uploads, most_bytes
from apps.files.domain.names import media_type
from apps.files.domain.resumable import (
    APPENDED_TYPE,
    INTEROP,
    VERSIONS,
    is_complete,
    limits_told,
    standing_told,
)
from apps.files.domain.tus import Creation, Standing
from apps.files.errors import UploadOffsetError
from apps.files.services.transfers import flush, on_thread, take_in
from apps.files.services.uploads import (
    begin_upload,
    end_upload,
    finish_upload,
    upload_of,
)
from apps.files.views import uploads as tus
from apps.files.views.cross_origin import cross_origin
from kernel import clock
from kernel.errors import InvalidInputError, MethodNotAllowedError
from kernel.federation.requests import UnsupportedMediaTypeError
from kernel.http import Reply, error_reply
from kernel.ratelimits.views import for_programs
from kernel.serving.handover import Incoming, handover_of
from kernel.tenancy.context import require

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

_METHODS = ("OPTIONS", "POST", "HEAD", "PATCH", "DELETE")


def _drafted(otherwise: View[P]) -> Callable[[View[P]], View[P]]:
    """Let a view answer those who speak the draft, where that is let, and another the rest."""

    def decorate(view: View[P]) -> View[P]:
        drafted = cross_origin(*_METHODS)(for_programs(view))

        @wraps(drafted)
        def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not ietf_uploads() or INTEROP not in request.headers:
                return otherwise(request, *args, **kwargs)
            response = drafted(request, *args, **kwargs)
            response[INTEROP] = request.headers[INTEROP]
            return response

        return answer

    return decorate


@_drafted(tus.uploads)
def uploads(request: HttpRequest) -> HttpResponse:
    """Begin an upload with its first bytes, or with all of them."""
    if request.method == "OPTIONS":
        return tus.bare(204, limits_told(most_bytes()))
    _check(request, "POST")
    complete, body = tus.read(is_complete, request), handover_of(request)
    length = tus.number_told(request, "Upload-Length")
    if complete and length is None:
        length = body.length
    elif complete and body.length not in {None, length}:
        raise InvalidInputError(f"Upload-Length is {length}, and {body.length} bytes are all")
    begun = begin_upload(
        Creation(
            length=length,
            metadata=request.headers.get("Upload-Metadata", ""),
            partial=False,
            parts=(),
            concat="",
        ),
        name=_name(request),
        content_type=media_type(request.content_type) if request.content_type else "",
        folder_id=request.GET.get("folder"),
    )
    if body.length == 0:
        return tus.bare(201, _told(finish_upload(begun.id) if complete else begun))

    async def take(incoming: Incoming) -> Reply:
        upload = await take_in(incoming, begun.id, offset=0)
        return Reply(b"", 201, headers=_told(upload))

    body.to(take)
    return tus.bare(201)


@_drafted(tus.upload)
def upload(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Tell how far an upload is, go on with it, or end it."""
    if request.method == "OPTIONS":
        return tus.bare(204, limits_told(most_bytes()))
    method = _check(request, "HEAD", "PATCH", "DELETE")
    if method == "DELETE":
        end_upload(upload_id)
        return tus.bare(204)
    upload_of(upload_id)
    body = handover_of(request)
    if method == "HEAD":
        body.to(lambda _incoming: _telling(upload_id))
        return tus.bare(204)
    if request.headers[INTEROP] != "5" and request.content_type != APPENDED_TYPE:
        raise UnsupportedMediaTypeError(
            f"Content-Type is {APPENDED_TYPE}, found {request.content_type!r:.80}"
        )
    offset = tus.number_told(request, "Upload-Offset")
    complete = tus.read(is_complete, request)
    if offset is None:
        raise InvalidInputError("a PATCH needs the header Upload-Offset")
    length = offset + body.length if complete and body.length is not None else None

    async def take(incoming: Incoming) -> Reply:
        try:
            upload = await take_in(incoming, upload_id, offset=offset, length=length)
        except UploadOffsetError as error:
            refused = error_reply(error)
            refused.headers.update(standing_told(await on_thread(lambda: upload_of(upload_id))))
            return refused
        return Reply(b"", 204, headers=standing_told(upload))

    body.to(take)
    return tus.bare(204)


async def _telling(upload_id: UUID) -> Reply:
    await flush(upload_id)
    found = await on_thread(lambda: upload_of(upload_id))
    return Reply(b"", 204, headers=_told(found) | {"Cache-Control": "no-store"})


def _check(request: HttpRequest, *methods: str) -> str:
    require(tus.SCOPE)
    if request.headers[INTEROP] not in VERSIONS:
        raise InvalidInputError(f"{INTEROP} is one of {', '.join(VERSIONS)}")
    if request.method not in methods:
        raise MethodNotAllowedError(f"{(request.method or '')[:40]} is not allowed here")
    return request.method


def _name(request: HttpRequest) -> str:
    """Return the name that Content-Disposition gives (RFC 6266); nothing if that gives none."""
    _, parameters = parse_header_parameters(request.headers.get("Content-Disposition", ""))
    return parameters.get("filename", "")


def _told(upload: Standing) -> dict[str, str]:
    left = upload.expires_at - clock.now()
    return (
        standing_told(upload)
        | limits_told(most_bytes(), None if upload.finished else int(left.total_seconds()))
        | {"Location": upload.path}
    )
