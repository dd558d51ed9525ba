"""Addresses that are their own permission: a content to fetch, an upload to send."""

from django.http import HttpRequest, HttpResponse

from apps.files.domain.tickets import SignedUrlPurpose
from apps.files.domain.tus import Checksum
from apps.files.errors import ChecksumMismatchError, DigestMismatchError, LinkInvalidError
from apps.files.selectors.addresses import ticket_of
from apps.files.selectors.contents import clean_version
from apps.files.services.transfers import take_in
from apps.files.services.uploads import promised, upload_of
from apps.files.views.cross_origin import cross_origin
from apps.files.views.delivery import give
from apps.files.views.uploads import bare
from kernel.errors import InvalidInputError, MethodNotAllowedError
from kernel.http import Reply
from kernel.ratelimits.views import for_anybody
from kernel.serving.body import LengthRequiredError
from kernel.serving.handover import Incoming, handover_of
from kernel.tenancy.context import in_tenant


@cross_origin("OPTIONS", "GET", "HEAD")
@for_anybody
def signed_content(request: HttpRequest, purpose: str, ticket: str) -> HttpResponse:
    """Give out the version of a file that an address was signed for."""
    if request.method == "OPTIONS":
        return bare(204)
    if request.method not in {"GET", "HEAD"}:
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    if purpose not in set(SignedUrlPurpose):
        raise LinkInvalidError("an address of a content is for `view` or `download`")
    told = ticket_of(purpose, ticket)
    with in_tenant(told.tenant_id):
        content = clean_version(told.row_id, told.version)
        response = give(request, content, inline=purpose == SignedUrlPurpose.VIEW)
    # Any page may show it: who has the address has the bytes.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@cross_origin("OPTIONS", "PUT")
@for_anybody
def direct(request: HttpRequest, ticket: str) -> HttpResponse:
    """Take in an upload of whoever was given its address."""
    if request.method == "OPTIONS":
        return bare(204)
    if request.method != "PUT":
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    told = ticket_of("upload", ticket)
    with in_tenant(told.tenant_id):
        upload, sha256 = upload_of(told.row_id), promised(told.row_id)
        body = handover_of(request)
        if body.length is None:
            raise LengthRequiredError("an upload needs its Content-Length")
        if body.length != upload.length:
            raise InvalidInputError(f"{upload.length} bytes were told, found {body.length}")
        checksum = Checksum("sha256", bytes.fromhex(sha256)) if sha256 else None

        async def take(incoming: Incoming) -> Reply:
            try:
                await take_in(incoming, upload.id, offset=0, checksum=checksum)
            except ChecksumMismatchError as error:
                raise DigestMismatchError(str(error)) from None
            return Reply(b"", 200, headers={"Cache-Control": "no-store"})

        body.to(take)
    return bare(200)
