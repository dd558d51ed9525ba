"""A document as a Word document."""

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_BREAK, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from apps.documents.adapters.docx.packing import empty, pack
from apps.documents.adapters.docx.styles import FONT, LOOKS, frame, set_styles, shade
from apps.documents.adapters.docx.tables import table_of
from apps.documents.adapters.docx.texts import ALIGNS, add_field, fill
from apps.documents.adapters.docx.watermarks import mark
from apps.documents.adapters.drawings import draw_barcode, draw_chart
from apps.documents.adapters.images import checked_image
from apps.documents.adapters.pdf.fonts import REGULAR, Fonts, of_chart, whole
from apps.documents.adapters.pictures import png_of
from apps.documents.domain.evaluation import parts
from apps.documents.domain.model.blocks import Align
from apps.documents.domain.model.texts import Span, Spans

#: Word lays out a table as a whole: beyond this a document would not open.
MOST_ROWS = 20_000
#: What the margins of a cell take of its width, and those of a panel, in millimetres.
_CELL, _PANEL = 3.8, 5.7
_CREATED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_LEVELS = 3
_EDGE = 7
_CHECKED = {True: "☒ ", False: "☐ "}


def render_docx(document: parts.Document, out: BinaryIO) -> None:
    """Write a document; the same one has the same bytes each time.

    Charts and barcodes are pictures. Word works out pages and the list of contents when it opens
    the document.
    """
    pack(_Writer(document).write(), out)


class _Writer:
    def __init__(self, document: parts.Document) -> None:
        self.given = document
        self.rtl = document.locale.rtl
        self.book = empty()
        self.width = 0.0
        # Charts are set in the fonts of PDF.
        Fonts(document.locale.tag, document.faces)

    def write(self) -> Any:
        """Return python-docx's document with all parts."""
        self._properties()
        self._page(self.book.sections[0], self.given.page)
        self._parts(self.given.parts, self.book)
        return self.book

    def _properties(self) -> None:
        given, core = self.given, self.book.core_properties
        core.title, core.author, core.subject = given.title, given.author, given.subject
        core.keywords, core.language = ", ".join(given.keywords), given.locale.tag
        core.created = core.modified = _CREATED
        core.comments = ""
        set_styles(self.book, given.theme, given.faces.family if given.faces else FONT)

    def _page(self, section: Any, page: parts.Page) -> None:
        wide = page.width > page.height
        section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = Mm(page.width), Mm(page.height)
        top, right, bottom, left = (Mm(side) for side in page.margins)
        section.top_margin, section.bottom_margin = top, bottom
        section.left_margin, section.right_margin = left, right
        section.header_distance = section.footer_distance = Mm(_EDGE)
        if page.border:
            frame(section, self.given.theme.accent)
        self.width = page.width - page.margins[1] - page.margins[3]
        for given, place in ((page.header, section.header), (page.footer, section.footer)):
            place.is_linked_to_previous = False
            if given:
                self._parts(given, place)
                first = place.paragraphs[0]._p  # noqa: SLF001  # python-docx begins with an empty one
                first.getparent().remove(first)
        if page.watermark:
            mark(section.header, page)

    def _parts(self, given: Iterable[parts.Part], into: Any) -> None:
        for part in given:
            self._part(part, into)

    def _part(self, part: parts.Part, into: Any) -> None:  # noqa: C901, PLR0912  (one case for each)
        match part:
            case parts.Heading():
                self._text(into.add_paragraph(style=f"Heading {part.level}"), part.text)
            case parts.Paragraph():
                paragraph = into.add_paragraph(style=LOOKS.get(part.look))
                self._text(paragraph, part.text, part.align)
            case parts.Listing():
                self._items(part.items, part.ordered, 1, into)
            case parts.Table():
                self._table(part, into)
            case parts.Image():
                checked_image(part)
                self._picture(part.data, part.alt, part.width, part.height, part.align, into)
            case parts.Chart():
                locale = self.given.locale
                picture = png_of(draw_chart(part, locale, *of_chart(part, locale)))
                self._picture(picture, part.alt, part.width, part.height, "start", into)
            case parts.Barcode():
                drawing = draw_barcode(part, whole(REGULAR, part.value))
                width = drawing.width / 72 * 25.4
                self._picture(png_of(drawing), part.alt, width, None, part.align, into)
            case parts.PageBreak():
                into.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
            case parts.Rule():
                _rule(into.add_paragraph())
            case parts.Spacer():
                _spacer(into.add_paragraph(), part.height)
            case parts.Contents():
                if part.title:
                    self._text(into.add_paragraph(style="TOC Heading"), part.title)
                add_field(into.add_paragraph(), f'TOC \\o "1-{part.levels}" \\h \\z \\u')
            case parts.Field():
                self._field(part, into)
            case parts.Keep():
                if part.panel:
                    self._panel(part, into)
                else:
                    self._parts(part.parts, into)
            case parts.Columns():
                self._columns(part, into)
            case parts.Page():
                self._page(self.book.add_section(WD_SECTION.NEW_PAGE), part)

    def _text(
        self, paragraph: Any, spans: Spans, align: Align = "start", *, bold: bool = False
    ) -> None:
        fill(paragraph, spans, align, rtl=self.rtl, bold=bold)

    def _items(self, items: tuple[parts.Item, ...], ordered: bool, level: int, into: Any) -> None:
        name = "List Number" if ordered else "List Bullet"
        style = name if level == 1 else f"{name} {min(level, _LEVELS)}"
        for item in items:
            self._text(into.add_paragraph(style=style), item.text)
            self._items(item.items, ordered, level + 1, into)

    def _picture(
        self,
        data: bytes,
        alt: str,
        width: float | None,
        height: float | None,
        align: Align,
        into: Any,
    ) -> None:
        paragraph = into.add_paragraph()
        paragraph.alignment = ALIGNS[align]
        shape = paragraph.add_run().add_picture(
            io.BytesIO(data), Mm(width) if width else None, Mm(height) if height else None
        )
        if shape.width > Mm(self.width):
            shape.height = int(shape.height * Mm(self.width) / shape.width)
            shape.width = Mm(self.width)
        shape._inline.docPr.set("descr", alt)  # noqa: SLF001

    def _field(self, part: parts.Field, into: Any) -> None:
        """Word's own fields are left to people; a line says what to fill in."""
        if part.control == "checkbox":
            box = _CHECKED[part.value not in ("", "false", "0")]
            self._text(into.add_paragraph(), (Span(box), *part.label))
            return
        value = part.value or " / ".join(part.options) or "_" * 30
        self._text(into.add_paragraph(), (*part.label, Span(f": {value}")))

    def _columns(self, part: parts.Columns, into: Any) -> None:
        table = self._grid(into, 1, [share * self.width for share in part.shares])
        for cell, share, column in zip(table.rows[0].cells, part.shares, part.columns, strict=True):
            panel = column[0] if len(column) == 1 else None
            if isinstance(panel, parts.Keep) and panel.panel:
                shade(cell, self.given.theme.stripe)
                self._within(cell, panel.parts, share * self.width - _PANEL)
            else:
                self._within(cell, column, share * self.width - _CELL)
        if into is self.book:
            into.add_paragraph(style="Cell")

    def _grid(self, into: Any, rows: int, widths: Sequence[float]) -> Any:
        if into is self.book:
            table = into.add_table(rows, len(widths))
        elif hasattr(into, "is_linked_to_previous"):
            table = into.add_table(rows, len(widths), Mm(self.width))
        else:
            table = into.add_table(rows, len(widths))
        table.autofit = False
        for column, cell, width in zip(table.columns, table.rows[0].cells, widths, strict=True):
            column.width = cell.width = Mm(width)
        return table

    def _panel(self, part: parts.Keep, into: Any) -> None:
        table = self._grid(into, 1, [self.width])
        cell = table.rows[0].cells[0]
        shade(cell, self.given.theme.stripe)
        self._within(cell, part.parts, self.width - _PANEL)
        into.add_paragraph(style="Cell")

    def _within(self, cell: Any, given: Sequence[parts.Part], width: float) -> None:
        """Fill a cell, in which there is less room."""
        whole, self.width = self.width, width
        self._parts(given, cell)
        if given:
            first = cell.paragraphs[0]._p  # noqa: SLF001
            first.getparent().remove(first)
        # Word wants a paragraph at the end of each cell.
        if not len(cell._tc) or not cell._tc[-1].tag.endswith("}p"):  # noqa: SLF001
            cell.add_paragraph(style="Cell")
        self.width = whole

    def _table(self, part: parts.Table, into: Any) -> None:
        if part.caption:
            self._text(into.add_paragraph(style="Caption"), part.caption)
        asked = [one.width or 0.0 for one in part.columns]
        share = max(self.width - sum(asked), 10.0) / max(asked.count(0.0), 1)
        widths = [width or share for width in asked]
        narrower = min(1.0, self.width / sum(widths))
        made = table_of(
            part,
            [width * narrower for width in widths],
            self.given.theme,
            lambda link: into.part.relate_to(link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True),
            rtl=self.rtl,
        )
        place = self._grid(into, 1, [1.0])._tbl  # noqa: SLF001
        place.getparent().replace(place, made)
        into.add_paragraph(style="Cell")


def _spacer(paragraph: Any, height: float) -> None:
    shape = paragraph.paragraph_format
    shape.space_after = Pt(0)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Mm(max(height, 0.5))


def _rule(paragraph: Any) -> None:
    borders: Any = OxmlElement("w:pBdr")
    line: Any = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "4"), ("space", "1"), ("color", "9CA3AF")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().append(borders)  # noqa: SLF001
