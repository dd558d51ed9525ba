"""Pages of a PDF become pictures."""

import io
from typing import Any

import pypdfium2

#: A page that is higher than so many times its width is shown smaller.
_MOST_ASPECT = 4


def picture(
    data: bytes, *, first: int, count: int, width: int
) -> tuple[dict[str, Any], list[bytes]]:
    """Return pages as PNG files, so many pixels wide, the size of each, and how many there are."""
    sizes, made = [], []
    with pypdfium2.PdfDocument(data) as document:
        pages = len(document)
        for number in range(first - 1, min(first - 1 + count, pages)):
            page = document[number]
            across, down = page.get_size()
            scale = width / max(across, down / _MOST_ASPECT)
            image = page.render(scale=scale).to_pil()
            out = io.BytesIO()
            image.save(out, "PNG", compress_level=3)
            sizes.append([image.width, image.height])
            made.append(out.getvalue())
            page.close()
    return {"sizes": sizes, "pages": pages}, made
