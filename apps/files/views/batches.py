"""Many files as one zip under `/files/api/zip/`."""

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from apps.files.selectors.batches import batch_of_folder, batch_of_ids
from apps.files.services.transfers import on_thread
from apps.files.services.zipping import zip_of
from apps.files.views.cross_origin import cross_origin
from apps.files.views.delivery import SANDBOX, threaded
from apps.files.views.uploads import bare
from kernel.errors import InvalidInputError, MethodNotAllowedError
from kernel.http import Reply
from kernel.ratelimits.views import for_programs
from kernel.serving.handover import Incoming, Streamed, handover_of
from kernel.tenancy.context import require


@cross_origin("OPTIONS", "GET", "HEAD")
@for_programs
def zip_files(request: HttpRequest) -> HttpResponse:
    """Give out the files of some ids, or all below a folder; how long it gets is not known."""
    if request.method == "OPTIONS":
        return bare(204)
    require("files:read")
    if request.method not in {"GET", "HEAD"}:
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    ids, folder = request.GET.get("ids"), request.GET.get("folder")
    if (ids is None) == (folder is None):
        raise InvalidInputError("say either `ids`, with commas between them, or `folder`")
    batch = batch_of_folder(folder) if folder is not None else batch_of_ids(ids or "")
    told = {
        "Content-Type": "application/zip",
        "Content-Disposition": str(content_disposition_header(True, f"{batch.name}.zip")),
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }

    async def send(_incoming: Incoming) -> Reply:
        chunks = zip_of(batch) if request.method == "GET" else None
        first = await on_thread(lambda: next(chunks, b"")) if chunks else b""
        return Streamed(threaded(first, chunks), 200, told)

    handover_of(request).to(send)
    return bare(200)
