"""Empty files of datasets: a header to be filled in, and imported."""

import io

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.importexport.access import DATA_TABLE
from apps.importexport.adapters.writing.files import table_file
from apps.importexport.domain.exports.names import content_type, file_name
from apps.importexport.domain.formats.dialects import Compression, Format
from apps.importexport.services.export_sources import fields_to_fill
from kernel.errors import InvalidInputError
from kernel.ratelimits.views import for_programs
from kernel.tenancy.context import require


@require_safe
@for_programs
def template(request: HttpRequest, name: str) -> HttpResponse:
    """Answer with a file that has the names of a dataset's fields, and no rows.

    `?format=` is csv (if nothing is said), tsv, xlsx, ods, jsonl or parquet.
    """
    require(DATA_TABLE.read)
    told = request.GET.get("format", Format.CSV)
    if told not in list(Format):
        raise InvalidInputError(f"format is one of {', '.join(Format)}, not {told[:20]!r}")
    out = io.BytesIO()
    fields = fields_to_fill(name)
    with table_file(out, format=Format(told), compression=Compression.NONE, fields=fields):
        pass
    title = file_name(name, told)
    return HttpResponse(
        out.getvalue(),
        content_type=content_type(told),
        headers={
            "Content-Disposition": f'attachment; filename="{title}"',
            "Cache-Control": "no-store",
        },
    )
