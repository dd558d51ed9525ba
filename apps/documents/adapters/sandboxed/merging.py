"""Several PDFs become one."""

import io
import json

import pikepdf

from apps.documents.adapters.sandboxed.packing import unpacked
from apps.documents.adapters.sandboxed.rendering import Answer


def merge(data: bytes, *, title: str) -> Answer:
    """Return PDFs as one, in their order, with a bookmark for each.

    The part `titles` is a list of what they are called, and `0`, `1` … are the PDFs.
    """
    given = unpacked(data)
    titles = json.loads(bytes(given.pop("titles")))
    merged, first = pikepdf.new(), []
    for part in given.values():
        with pikepdf.open(io.BytesIO(part)) as one:
            first.append(len(merged.pages))
            merged.pages.extend(one.pages)
    with merged.open_outline() as outline:
        outline.root.extend(
            pikepdf.OutlineItem(name, page) for name, page in zip(titles, first, strict=True)
        )
    merged.docinfo["/Title"] = title
    merged.docinfo["/Producer"] = "Septet"
    out = io.BytesIO()
    merged.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return {"title": title, "pages": len(merged.pages)}, [out.getvalue()]
