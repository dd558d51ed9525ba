"""A PDF is written while it is laid out: it is whole, and more pages take no more memory."""

import gc
import io
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO, cast

import pikepdf
import pypdfium2
import pytest

from apps.documents.adapters.pdf.rendering import render_pdf
from apps.documents.domain.evaluation import parts
from apps.documents.domain.evaluation.parts import Cell, Document, Row
from apps.documents.domain.findings import DocumentError
from apps.documents.domain.model.formats import TEXT
from apps.documents.domain.model.texts import Span
from tests.documents.templates import DATA, INVOICE, document, of_blocks, pdf

PAGE = [{"type": "paragraph", "text": "A"}, {"type": "pageBreak"}]
FOOTER = [{"type": "paragraph", "text": ["Page ", {"field": "page"}, " of ", {"field": "pages"}]}]
TABLE = {"type": "table", "columns": [{"title": "Number"}, {"title": "Item"}], "rows": [["", ""]]}


def report(rows: Iterator[Row]) -> Document:
    """Return a document that is one table of rows, with a footer."""
    made = document(of_blocks(TABLE, page={"footer": FOOTER, "watermark": "Draft"}))
    (table,) = made.parts
    return replace(made, parts=iter([replace(cast(parts.Table, table), rows=rows)]))


def rows_of(count: int, at_each: Any = lambda: None) -> Iterator[Row]:
    """Yield rows, and do something before each is taken."""
    for at in range(count):
        at_each()
        # Widths of texts are kept, of so many.
        texts = (f"{at % 100:06}", "Steel, galvanised")
        yield Row("body", tuple(Cell((Span(text),), text, TEXT, "start") for text in texts))


class Nowhere:
    """Takes what is written, and keeps nothing."""

    def write(self, piece: bytes) -> int:
        return len(piece)

    def writelines(self, pieces: list[bytes]) -> None:
        pass


def test_a_page_is_written_when_it_is_full() -> None:
    out, written = io.BytesIO(), list[int]()

    render_pdf(report(rows_of(4_000, lambda: written.append(out.tell()))), out)

    assert written[200] < written[1_000] < written[3_000]
    assert written[3_900] > out.tell() * 0.6
    with pikepdf.open(out) as opened:
        assert opened.check_pdf_syntax() == []
        count = len(opened.pages)
    last = pypdfium2.PdfDocument(out.getvalue())[count - 1].get_textpage().get_text_range()
    assert "000099" in last
    assert f"Page {count} of {count}" in last


def test_more_pages_take_little_more_memory() -> None:
    held = list[int]()

    def look() -> None:
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])

    def rows() -> Iterator[Row]:
        yield from rows_of(2_000)
        look()
        yield from rows_of(8_000)
        look()

    tracemalloc.start()
    render_pdf(report(rows()), cast(BinaryIO, Nowhere()))
    tracemalloc.stop()

    # 40 rows a page, whose content is 4,000 bytes: of it is held where it begins, its number, and
    # the footer that waits.
    assert (held[1] - held[0]) / 200 < 1_000


def test_it_is_whole_whatever_is_in_it() -> None:
    for content in (pdf(INVOICE, DATA), pdf(INVOICE, DATA, fast=False), pdf(of_blocks())):
        with pikepdf.open(io.BytesIO(content)) as opened:
            assert opened.check_pdf_syntax() == []


def test_what_is_refused_on_a_later_page_is_told_as_ever() -> None:
    template = of_blocks(
        {"type": "repeat", "over": "rows", "as": "row", "blocks": PAGE},
        {"type": "image", "asset": "none", "alt": "a"},
    )

    with pytest.raises(DocumentError, match="there is no asset"):
        pdf(template, {"rows": [1] * 20})
