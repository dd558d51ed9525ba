"""The paper of a template, read."""

from collections.abc import Callable
from typing import Any

from apps.documents.domain.model.blocks import Block, Page
from apps.documents.domain.model.reading import Reader
from apps.documents.domain.model.runs import read_text

SIZES = {
    "A3": (297.0, 420.0),
    "A4": (210.0, 297.0),
    "A5": (148.0, 210.0),
    "A6": (105.0, 148.0),
    "Letter": (215.9, 279.4),
    "Legal": (215.9, 355.6),
}
_LEAST, _MOST = 20.0, 2_000.0
#: What must be left of a page for text.
_ROOM = 10.0


def read_page(
    reader: Reader, blocks: Callable[[Reader, str], tuple[Block, ...]], usual: Page
) -> Page:
    """Return the page of a template or a section; what it does not say is as usual."""
    given = reader.take("page")
    if given is None:
        return usual
    if not isinstance(given, dict):
        reader.refuse("page", "type", "an object")
        return usual
    inner = Reader(given, reader.at("page"), reader.block, reader.notes, reader.names)
    width, height = _size(inner, usual)
    sides = sorted((width, height))
    match inner.choice("orientation", ("", "portrait", "landscape"), ""):
        case "portrait":
            width, height = sides
        case "landscape":
            height, width = sides
    margins = _margins(inner, usual)
    if width - margins[1] - margins[3] < _ROOM or height - margins[0] - margins[2] < _ROOM:
        inner.refuse("margins", "range", f"the margins leave less than {_ROOM:g} mm")
    page = Page(
        width,
        height,
        margins,
        blocks(inner, "header") if "header" in given else usual.header,
        blocks(inner, "footer") if "footer" in given else usual.footer,
        read_text(inner, "watermark") if "watermark" in given else usual.watermark,
        inner.flag("border", usual.border),
    )
    inner.finish()
    return page


def _size(reader: Reader, usual: Page) -> tuple[float, float]:
    value = reader.take("size")
    if isinstance(value, list):
        sides = _numbers(reader, "size", 2, _LEAST, _MOST)
        return (sides[0], sides[1]) if sides else (usual.width, usual.height)
    if isinstance(value, str) and value in SIZES:
        return SIZES[value]
    if value is not None:
        reader.refuse("size", "choice", f"one of {', '.join(SIZES)}, or [width, height] in mm")
    return usual.width, usual.height


def _margins(reader: Reader, usual: Page) -> tuple[float, float, float, float]:
    if reader.take("margins") is None:
        return usual.margins
    found = _numbers(reader, "margins", 4, 0, _MOST)
    return (found[0], found[1], found[2], found[3]) if found else usual.margins


def _numbers(reader: Reader, key: str, count: int, least: float, most: float) -> list[float]:
    value: Any = reader.take(key)
    right = (
        isinstance(value, list)
        and len(value) == count
        and all(isinstance(one, int | float) and not isinstance(one, bool) for one in value)
        and all(least <= one <= most for one in value)
    )
    if not right:
        reader.refuse(key, "type", f"{count} numbers from {least:g} to {most:g}, in millimetres")
        return []
    return [float(one) for one in value]
