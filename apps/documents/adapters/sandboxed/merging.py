"""Several PDFs become one."""

import io
import json

from apps.documents.adapters.pdf.merging import Source, merge_pdfs
from apps.documents.adapters.sandboxed.packing import unpacked
from apps.documents.adapters.sandboxed.rendering import Answer, refused
from apps.documents.domain.findings import DocumentError


def merge(data: bytes, *, title: str) -> Answer:
    """Return PDFs as one, in their order, with a bookmark for each.

    The part `titles` is a list of what they are called, and `0`, `1` … are the PDFs.
    """
    given = unpacked(data)
    titles = json.loads(bytes(given.pop("titles")))
    sources = [
        Source(io.BytesIO(part), name) for name, part in zip(titles, given.values(), strict=True)
    ]
    out = io.BytesIO()
    try:
        pages = merge_pdfs(sources, out, title=title)
    except DocumentError as error:
        return refused("document", [error.finding]), []
    return {"title": title, "pages": pages}, [out.getvalue()]
