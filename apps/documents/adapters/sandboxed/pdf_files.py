"""PDFs that are there are merged, split, and filled where they are forms."""

import io
import json
from dataclasses import asdict
from typing import Any

import pypdfium2

from apps.documents.adapters.pdf import forms
from apps.documents.adapters.pdf.merging import Source, merge_pdfs, split_pdf
from apps.documents.adapters.pdf.opening import LOCKED
from apps.documents.adapters.pdf.protecting import protect
from apps.documents.adapters.sandboxed.answers import Answer, refused
from apps.documents.adapters.sandboxed.packing import unpacked
from apps.documents.domain.findings import DocumentError
from apps.documents.domain.protection import Protection


def merge(data: bytes, *, title: str, protection: dict[str, Any] | None = None) -> Answer:
    """Return PDFs as one, in their order, with a bookmark for each.

    The part `about` is a list of what they are called and which password opens them, and `0`, `1` …
    are the PDFs.
    """
    given = unpacked(data)
    about = json.loads(bytes(given.pop("about")))
    sources = [
        Source(io.BytesIO(part), name, password)
        for (name, password), part in zip(about, given.values(), strict=True)
    ]
    out = io.BytesIO()
    try:
        pages = merge_pdfs(sources, out, title=title)
    except DocumentError as error:
        return _refused(error)
    return {"title": title, "pages": pages}, [_guarded(out.getvalue(), protection)]


def split(
    data: bytes,
    *,
    first: int,
    last: int,
    password: str,
    protection: dict[str, Any] | None = None,
) -> Answer:
    """Return some pages of a PDF, counted from 1."""
    try:
        (made,) = split_pdf(io.BytesIO(data), [range(first - 1, last)], password=password)
    except DocumentError as error:
        return _refused(error)
    return {"title": "", "pages": last - first + 1}, [_guarded(made, protection)]


def form_fields(data: bytes, *, password: str) -> Answer:
    """Return what fields a form has."""
    try:
        found = forms.form_fields(io.BytesIO(data), password=password)
    except DocumentError as error:
        return _refused(error)
    return {"fields": [asdict(one) for one in found]}, []


def fill_form(
    data: bytes, *, flatten: bool, password: str, protection: dict[str, Any] | None = None
) -> Answer:
    """Return a form with values; the parts are `values`, as JSON, and the `form`."""
    given = unpacked(data)
    out = io.BytesIO()
    try:
        values = json.loads(bytes(given["values"]))
        form = io.BytesIO(given["form"])
        forms.fill_form(form, out, values, flatten=flatten, password=password)
    except DocumentError as error:
        return _refused(error)
    with pypdfium2.PdfDocument(out.getvalue()) as made:
        pages = len(made)
    return {"title": "", "pages": pages}, [_guarded(out.getvalue(), protection)]


def _refused(error: DocumentError) -> Answer:
    what = "password" if error.finding.code == LOCKED else "document"
    return refused(what, [error.finding]), []


def _guarded(made: bytes, protection: dict[str, Any] | None) -> bytes:
    """Return a PDF as it is, or encrypted."""
    if not protection:
        return made
    out = io.BytesIO()
    protect(io.BytesIO(made), out, Protection(**protection))
    return out.getvalue()
