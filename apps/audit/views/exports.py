"""The files of exports, for whoever was given a link."""

import base64

from django.http import (
    HttpRequest,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.views.decorators.http import require_GET

from apps.audit.adapters.export_files import CONTENT_TYPES
from apps.audit.adapters.stores import archive_store
from apps.audit.services.exporting import download
from kernel.ratelimits.visit import charge_stranger
from kernel.tenancy.context import acting_as


@require_GET
def file(request: HttpRequest, token: str) -> HttpResponseBase:
    """Answer with the file that a signed link leads to: no credential beside it is needed.

    Once the files service has it, with where it is there.

    Its digest (RFC 9530) lets a program find out whether all of it has come.
    """
    charge_stranger(request)
    with acting_as(None):
        export, address = download(token)
    if address:
        moved = HttpResponseRedirect(address)
        moved["Cache-Control"], moved["Referrer-Policy"] = "no-store", "no-referrer"
        return moved
    response = StreamingHttpResponse(
        archive_store().read(export.file_key), content_type=CONTENT_TYPES[export.format]
    )
    digest = base64.b64encode(bytes.fromhex(export.sha256)).decode()
    for name, value in {
        "Content-Length": str(export.size_bytes),
        "Content-Disposition": f'attachment; filename="{export.file_name}"',
        "Repr-Digest": f"sha-256=:{digest}:",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }.items():
        response[name] = value
    return response
