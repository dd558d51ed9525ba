"""Paper, and what stands on each sheet: header, footer, watermark, page X of Y.

Header and footer are forms that the page only names. They are drawn when the number of pages is
known, so that a document is laid out once however long it is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from reportlab.lib.colors import Color, HexColor
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    NextPageTemplate,
    PageTemplate,
    Spacer,
)

from apps.documents.adapters.pdf import fonts
from apps.documents.adapters.pdf.streaming import StreamedDocument
from apps.documents.domain.evaluation import parts
from apps.documents.domain.model.texts import Span, Spans

MM = 72 / 25.4
_EDGE = 6 * MM
_GAP = 3 * MM
_WATERMARK = Color(0.42, 0.45, 0.5, alpha=0.14)

Build = Callable[[Iterable[parts.Part]], list[Flowable]]


@dataclass(slots=True)
class _Sheet:
    """A page that has a header or footer, which wait to be drawn."""

    name: str
    number: int
    page: parts.Page


class _Canvas(Canvas):
    """Draws into a document that is written meanwhile."""

    _doc: StreamedDocument

    def __init__(self, out: Any, *, lang: str, **more: Any) -> None:
        super().__init__(out, lang=lang, **more)
        self._doc = StreamedDocument(out, lang=lang)

    def do_later(self, form: str) -> None:
        """Use a form that is drawn when all pages are."""
        self._doc.reserve(form)
        self.doForm(form)


class Pages(BaseDocTemplate):
    """Lays out flowables as they are given, on the paper that was turned to last."""

    def __init__(self, out: Any, document: parts.Document, build: Build) -> None:
        super().__init__(
            out,
            pagesize=(document.page.width * MM, document.page.height * MM),
            title=document.title,
            author=document.author,
            subject=document.subject,
            keywords=list(document.keywords),
            creator="Septet",
            lang=document.locale.tag,
            invariant=1,
            initialFontName=fonts.REGULAR,
        )
        self._build_parts = build
        self._sheets: list[_Sheet] = []
        self.entries: list[tuple[int, str, int, str]] = []
        self._level = -1
        self._accent = HexColor(document.theme.accent)
        self._laid = False
        self.addPageTemplates([self._template(document.page)])
        self._doSave = 0
        # reportlab lays out a whole list at once; taken step by step, none needs to be there.
        self._steps: Any = cast(Any, self)
        self._steps._startBuild(out, canvasmaker=_Canvas)  # noqa: SLF001
        # Where flowables look for the frame after theirs.
        self._steps.canv._doctemplate = self  # noqa: SLF001

    def turn_to(self, page: parts.Page) -> list[Flowable]:
        """Return what makes the next page one on this paper."""
        template = self._template(page)
        self.addPageTemplates([template])
        return [NextPageTemplate(str(template.id))]

    def _template(self, page: parts.Page) -> PageTemplate:
        top, right, bottom, left = (side * MM for side in page.margins)
        width, height = page.width * MM, page.height * MM
        frame = Frame(
            left,
            bottom,
            width - left - right,
            height - top - bottom,
            leftPadding=0,
            rightPadding=0,
            topPadding=0,
            bottomPadding=0,
        )
        return PageTemplate(
            f"page-{len(self.pageTemplates)}",
            [frame],
            onPage=lambda canvas, _: self._begin(canvas, page),
            pagesize=(width, height),
        )

    def _begin(self, canvas: Any, page: parts.Page) -> None:
        if page.border:
            _border(canvas, page, self._accent)
        if page.watermark:
            _watermark(canvas, page)
        if page.header or page.footer:
            name = f"sheet{len(self._sheets) + 1}"
            self._sheets.append(_Sheet(name, canvas.getPageNumber(), page))
            canvas.do_later(name)

    @property
    def room(self) -> float:
        """Return the room of a page, from the first line to the last."""
        return float(self._peekNextFrame()._height)  # type: ignore[attr-defined]  # noqa: SLF001

    def _peekNextFrame(self) -> Frame:  # noqa: N802  # reportlab's name
        """Return the frame that is next: of a page like this one."""
        frame: Frame = self._steps.pageTemplate.frames[0]
        return frame

    def lay(self, flowables: list[Flowable]) -> None:
        """Lay out flowables, the last of which does not ask to stay with the next."""
        self._laid = self._laid or bool(flowables)
        while flowables:
            self.clean_hanging()
            self.handle_flowable(flowables)

    def finish(self) -> None:
        """Draw headers and footers, and write the document."""
        if not self._laid:
            # An empty document has one empty page.
            self.lay([Spacer(1, 1)])
        self._steps._endBuild()  # noqa: SLF001
        pages = self.canv.getPageNumber() - 1
        for sheet in self._sheets:
            self._draw(sheet, pages)
        if self.entries:
            self.canv.showOutline()
        self.canv.save()

    def _draw(self, sheet: _Sheet, pages: int) -> None:
        page, canvas = sheet.page, self.canv
        top, right, bottom, left = (side * MM for side in page.margins)
        width, height = page.width * MM, page.height * MM
        canvas.beginForm(sheet.name, 0, 0, width, height)
        for given, low, high in (
            (page.header, height - top + _GAP, height - _EDGE),
            (page.footer, _EDGE, bottom - _GAP),
        ):
            room = high - low
            if not given or room <= 0:
                continue
            numbered = _numbered(given, sheet.number, pages)
            frame = Frame(left, low, width - left - right, room, 0, 0, 0, 0)
            frame.addFromList(self._build_parts(numbered), canvas)
        canvas.endForm()

    def heading(self, text: str, level: int, key: str) -> None:
        """Note a heading where it was drawn: a bookmark, and a line of the contents."""
        canvas = self.canv
        canvas.bookmarkHorizontalAbsolute(key, canvas.absolutePosition(0, 0)[1] + 24)
        # A bookmark is at most one level below the one before it.
        self._level = min(level - 1, self._level + 1)
        canvas.addOutlineEntry(text, key, self._level, closed=self._level > 0)
        self.entries.append((level, text, canvas.getPageNumber(), key))


def _border(canvas: Any, page: parts.Page, color: Color) -> None:
    """Draw a thick line and a thin one within it, between the edge and the text."""
    canvas.saveState()
    canvas.setStrokeColor(color)
    for share, weight in ((0.45, 2.5), (0.57, 0.6)):
        top, right, bottom, left = (side * MM * share for side in page.margins)
        canvas.setLineWidth(weight)
        wide, high = page.width * MM - left - right, page.height * MM - top - bottom
        canvas.rect(left, bottom, wide, high)
    canvas.restoreState()


def _watermark(canvas: Any, page: parts.Page) -> None:
    width, height = page.width * MM, page.height * MM
    size = min(90.0, 1.5 * width / max(len(page.watermark), 1))
    canvas.saveState()
    canvas.translate(width / 2, height / 2)
    canvas.rotate(45)
    canvas.setFillColor(_WATERMARK)
    canvas.setFont(fonts.whole(fonts.BOLD, page.watermark), size)
    canvas.drawCentredString(0, -size / 3, page.watermark)
    canvas.restoreState()


def _numbered(given: Sequence[parts.Part], number: int, pages: int) -> list[parts.Part]:
    """Return parts with the numbers of pages put in."""
    found: list[parts.Part] = []
    for part in given:
        match part:
            case parts.Paragraph():
                found.append(replace(part, text=_put(part.text, number, pages)))
            case parts.Columns():
                columns = tuple(tuple(_numbered(one, number, pages)) for one in part.columns)
                found.append(replace(part, columns=columns))
            case parts.Table():
                rows = [_row(row, number, pages) for row in part.rows]
                found.append(replace(part, rows=rows))
            case _:
                found.append(part)
    return found


def _row(row: parts.Row, number: int, pages: int) -> parts.Row:
    cells = tuple(replace(one, text=_put(one.text, number, pages)) for one in row.cells)
    return replace(row, cells=cells)


def _put(text: Spans, number: int, pages: int) -> Spans:
    numbers = {"page": str(number), "pages": str(pages)}
    return tuple(
        Span(numbers[span.page], span.style, span.link) if span.page else span for span in text
    )
