"""Drawings as pictures, for formats that hold no drawings."""

import io

import pypdfium2
from reportlab.graphics import renderPDF
from reportlab.graphics.shapes import Drawing

_DOTS_PER_POINT = 3


def png_of(drawing: Drawing) -> bytes:
    """Return a drawing as PNG, at 216 dots an inch."""
    page = pypdfium2.PdfDocument(renderPDF.drawToString(drawing))[0]
    out = io.BytesIO()
    page.render(scale=_DOTS_PER_POINT).to_pil().save(out, "PNG")
    return out.getvalue()
