"""Whole files by plain HTTP under `/files/api/files/`: sent by PUT or a form, fetched by GET."""

from contextlib import suppress

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

from apps.files.domain.digests import DigestError, sha256_told
from apps.files.domain.multipart import FormError, FormReader
from apps.files.domain.names import media_type
from apps.files.domain.tus import Checksum, Creation, Standing
from apps.files.errors import (
    ChecksumMismatchError,
    DigestMismatchError,
    UploadGoneError,
)
from apps.files.selectors.contents import clean_content, is_file
from apps.files.services.transfers import on_thread, take_in
from apps.files.services.uploads import begin_upload, begin_version, end_upload, set_length
from apps.files.views.cross_origin import cross_origin
from apps.files.views.delivery import give
from apps.files.views.uploads import bare
from kernel.errors import DomainError, InvalidInputError, MethodNotAllowedError
from kernel.federation.requests import UnsupportedMediaTypeError
from kernel.http import Reply
from kernel.ratelimits.views import for_programs
from kernel.serving.asgi import ClientGoneError
from kernel.serving.body import LengthRequiredError
from kernel.serving.handover import Incoming, handover_of
from kernel.tenancy.context import require


@cross_origin("OPTIONS", "POST")
@for_programs
def files(request: HttpRequest) -> HttpResponse:
    """Take the file out of a form, and make it one."""
    if request.method == "OPTIONS":
        return bare(204)
    require("files:write")
    if request.method != "POST":
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    if request.content_type != "multipart/form-data":
        raise UnsupportedMediaTypeError(
            f"Content-Type is multipart/form-data, found {request.content_type!r:.80}"
        )
    body, folder_id = handover_of(request), request.GET.get("folder")
    boundary = (request.content_params or {}).get("boundary", "")

    async def take(incoming: Incoming) -> Reply:
        try:
            part = FormPart(incoming, boundary)
            name, content_type = await part.begin()
            begun = await on_thread(
                lambda: begin_upload(
                    _UNKNOWN, name=name, content_type=content_type, folder_id=folder_id
                )
            )
            return await _taken(part, begun)
        except FormError as error:
            raise InvalidInputError(str(error)) from None

    if body.length is None:
        raise LengthRequiredError("a form needs a Content-Length")
    body.to(take)
    return bare(201)


@cross_origin("OPTIONS", "PUT", "GET", "HEAD")
@for_programs
def file(request: HttpRequest, name: str) -> HttpResponse:
    """Give out the file of an id, or take in one of a name, or the next version of one."""
    if request.method == "OPTIONS":
        return bare(204)
    if request.method in {"GET", "HEAD"}:
        require("files:read")
        return give(request, clean_content(name), inline=True)
    require("files:write")
    if request.method != "PUT":
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    body = handover_of(request)
    if body.length is None:
        raise LengthRequiredError("a file needs a Content-Length; what has none goes by tus")
    digest = _digest(request)
    asked = Creation(length=body.length, metadata="", partial=False, parts=(), concat="")
    content_type = media_type(request.content_type or "")
    expected = request.headers.get("If-Match", "")
    if expected or is_file(name):
        begun = begin_version(asked, file_id=name, tag=expected, content_type=content_type)
    else:
        folder_id = request.GET.get("folder")
        begun = begin_upload(asked, name=name, content_type=content_type, folder_id=folder_id)

    async def take(incoming: Incoming) -> Reply:
        try:
            return await _taken(incoming, begun, digest)
        except ChecksumMismatchError as error:
            raise DigestMismatchError(str(error)) from None

    body.to(take)
    return bare(201)


_UNKNOWN = Creation(length=None, metadata="", partial=False, parts=(), concat="")


class FormPart(Incoming):
    """The file in a form, as if it came alone."""

    def __init__(self, form: Incoming, boundary: str) -> None:
        self._form = form
        self._reader = FormReader(boundary)
        self._first = b""
        #: More than the file has: it holds room for no less.
        self.length = form.length

    async def begin(self) -> tuple[str, str]:
        """Read up to the file; return its name and its type. Raises FormError."""
        while self._reader.head is None:
            await self._more()
        head = self._reader.head
        _, told = parse_header_parameters(head["content-disposition"])
        return told.get("filename", ""), media_type(head.get("content-type", ""))

    async def read(self) -> bytes:
        """Return what of the file has come since; nothing at its end."""
        while not self._first and not self._reader.ended:
            await self._more()
        first, self._first = self._first, b""
        if not first:
            # What comes after it is passed over.
            while await self._form.read():
                pass
        return first

    async def _more(self) -> None:
        data = await self._form.read()
        if not data:
            self._reader.end()
        self._first += self._reader.feed(data)


async def _taken(incoming: Incoming, begun: Standing, digest: Checksum | None = None) -> Reply:
    """Take a file in at once: one that does not come whole is forgotten."""
    try:
        upload = await take_in(incoming, begun.id, offset=0, checksum=digest)
        if upload.length is None:
            upload = await on_thread(lambda: set_length(begun.id))
    except (DomainError, ClientGoneError, FormError):
        # Of another version that came too late the end was noted already.
        with suppress(UploadGoneError):
            await on_thread(lambda: end_upload(begun.id))
        raise
    path = f"/files/api/files/{upload.file_id}"
    told = {"id": str(upload.file_id), "sizeBytes": upload.offset, "path": path}
    return Reply(orjson.dumps(told), 201, headers={"Location": path, "Cache-Control": "no-store"})


def _digest(request: HttpRequest) -> Checksum | None:
    told = request.headers.get("Content-Digest") or request.headers.get("Repr-Digest")
    try:
        return None if told is None else Checksum("sha256", sha256_told(told))
    except DigestError as error:
        raise InvalidInputError(str(error)) from None
