"""Pictures of files: `thumbnail/` or `preview/` after the path of a file, or a signed address."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from apps.files.domain.derivable import SIZES
from apps.files.domain.tickets import SignedUrlPurpose
from apps.files.selectors.addresses import ticket_of
from apps.files.selectors.contents import clean_content, clean_version
from apps.files.services.derivatives import picture
from apps.files.views.cross_origin import cross_origin
from apps.files.views.delivery import give
from apps.files.views.uploads import bare
from kernel.errors import MethodNotAllowedError, NotFoundError
from kernel.ratelimits.views import for_anybody, for_programs
from kernel.tenancy.context import in_tenant, require


@cross_origin("OPTIONS", "GET", "HEAD")
@for_programs
def picture_of_file(request: HttpRequest, file_id: UUID, kind: str) -> HttpResponse:
    """Give out a picture of a file, by the rules of its content."""
    if request.method == "OPTIONS":
        return bare(204)
    require("files:read")
    _check(request, kind)
    return give(request, picture(clean_content(str(file_id)), kind), inline=True)


@cross_origin("OPTIONS", "GET", "HEAD")
@for_anybody
def signed_picture(request: HttpRequest, ticket: str, kind: str) -> HttpResponse:
    """Give out a picture of a version to whoever has an address to view it."""
    if request.method == "OPTIONS":
        return bare(204)
    _check(request, kind)
    told = ticket_of(SignedUrlPurpose.VIEW, ticket)
    with in_tenant(told.tenant_id):
        response = give(
            request, picture(clean_version(told.row_id, told.version), kind), inline=True
        )
    # Any page may show it: who has the address has the bytes.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _check(request: HttpRequest, kind: str) -> None:
    if request.method not in {"GET", "HEAD"}:
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    if kind not in SIZES:
        raise NotFoundError(f"there is no {kind[:40]!r} of files")
