"""PDFs that are there are merged, split, and filled where they are forms."""

import io
import json
from dataclasses import asdict
from typing import Any

import pypdfium2

from apps.documents.adapters.pdf import forms
from apps.documents.adapters.pdf.merging import Source, merge_pdfs, split_pdf
from apps.documents.adapters.pdf.protecting import protect
from apps.documents.adapters.sandboxed.answers import Answer, refused
from apps.documents.adapters.sandboxed.packing import unpacked
from apps.documents.domain.findings import DocumentError
from apps.documents.domain.protection import Protection


def merge(data: bytes, *, title: str, protection: dict[str, Any] | None = None) -> Answer:
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
    if protection:
        plain, out = out, io.BytesIO()
        protect(plain, out, Protection(**protection))
    return {"title": title, "pages": pages}, [out.getvalue()]


def split(data: bytes, *, first: int, last: int) -> Answer:
    """Return some pages of a PDF, counted from 1."""
    try:
        made = list(split_pdf(io.BytesIO(data), [range(first - 1, last)]))
    except DocumentError as error:
        return refused("document", [error.finding]), []
    return {"title": "", "pages": last - first + 1}, made


def form_fields(data: bytes) -> Answer:
    """Return what fields a form has."""
    try:
        found = forms.form_fields(io.BytesIO(data))
    except DocumentError as error:
        return refused("document", [error.finding]), []
    return {"fields": [asdict(one) for one in found]}, []


def fill_form(data: bytes, *, flatten: bool) -> Answer:
    """Return a form with values; the parts are `values`, as JSON, and the `form`."""
    given = unpacked(data)
    out = io.BytesIO()
    try:
        values = json.loads(bytes(given["values"]))
        forms.fill_form(io.BytesIO(given["form"]), out, values, flatten=flatten)
    except DocumentError as error:
        return refused("document", [error.finding]), []
    with pypdfium2.PdfDocument(out.getvalue()) as made:
        return {"title": "", "pages": len(made)}, [out.getvalue()]
