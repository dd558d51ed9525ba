"""The first page of a PDF as pictures, and the text of its pages."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2
from pypdfium2 import raw

from apps.files.domain.rendering.pictures import Made, pictures_of
from apps.files.domain.rendering.refusals import Reason, RefusedError

#: Between two edges of a page; a longer one is shown by its beginning.
_MOST_ASPECT = 20


def pdf_picture(data: bytes, *, sizes: list[int]) -> Made:
    """Return pictures of the first page as `pictures.picture` does. Raises RefusedError."""
    with _opened(data) as document:
        page = document[0]
        width, height = page.get_size()
        if not (math.isfinite(width) and math.isfinite(height) and min(width, height) > 0):
            raise RefusedError(Reason.BROKEN, "its first page has no size")
        longer = max(width, height)
        if longer > min(width, height) * _MOST_ASPECT:
            raise RefusedError(Reason.BROKEN, "its first page is a line")
        bitmap = page.render(scale=max(sizes) / longer, may_draw_forms=False)
        return pictures_of(bitmap.to_pil(), sizes)


def pdf_text(data: bytes, *, characters: int) -> Made:
    """Return the first characters of its text, in UTF-8. Raises RefusedError."""
    found, left = [], characters
    with _opened(data) as document:
        for number in range(len(document)):
            if left <= 0:
                break
            page = document[number]
            text = page.get_textpage()
            said = text.get_text_range(0, min(left, text.count_chars()))
            found.append(said)
            # A page without text costs something too.
            left -= len(said) + 1
            text.close()
            page.close()
    return {}, ["\n".join(found)[:characters].encode("utf-8", "replace")]


@contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    try:
        document = pypdfium2.PdfDocument(data)
        if len(document) == 0:
            raise RefusedError(Reason.EMPTY, "it has no page")
        yield document
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD:
            raise RefusedError(Reason.ENCRYPTED, "it is locked by a password") from None
        raise RefusedError(Reason.BROKEN, f"it is no whole PDF: {error}") from None
