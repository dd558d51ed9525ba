"""A document as PDF."""

import io
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from reportlab.graphics.renderPDF import GraphicsFlowable
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.units import mm
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    HRFlowable,
    Image,
    KeepTogether,
    ListFlowable,
    ListItem,
    LongTable,
    PageBreak,
    Spacer,
    TableStyle,
)
from reportlab.platypus.doctemplate import LayoutError

from apps.documents.adapters.drawings import draw_barcode, draw_chart, side_of_qr
from apps.documents.adapters.images import checked_image
from apps.documents.adapters.pdf import fonts
from apps.documents.adapters.pdf.archiving import Archive, archive_pdf
from apps.documents.adapters.pdf.beside import Beside, flat
from apps.documents.adapters.pdf.fields import FieldFlowable
from apps.documents.adapters.pdf.pages import Pages
from apps.documents.adapters.pdf.protecting import protect
from apps.documents.adapters.pdf.styles import Styles
from apps.documents.adapters.pdf.tables import StreamedTable, spanned_table
from apps.documents.adapters.pdf.texts import Texts
from apps.documents.adapters.qr import QrFlowable
from apps.documents.domain.evaluation import parts
from apps.documents.domain.evaluation.evaluating import title_of
from apps.documents.domain.findings import stop
from apps.documents.domain.model.blocks import Align
from apps.documents.domain.model.texts import Span
from apps.documents.domain.protection import Protection

#: Layouts until a list of contents no longer changes the pages that it lists.
_MOST_PASSES = 4

Entry = tuple[int, str, int, str]


def render_pdf(
    document: parts.Document,
    out: BinaryIO,
    *,
    protection: Protection | None = None,
    archive: Archive | None = None,
    fast: bool = True,
) -> None:
    """Write a document. Without protection, one document has the same bytes each time.

    With `archive` it is a PDF/A-3b, whose fields are what they show. With `fast` off all tables
    are drawn by reportlab alone, to the same pixels. Not for two threads at once: reportlab's
    fonts belong to the process.
    """
    if protection and archive:
        raise ValueError("a PDF/A is not encrypted: choose archive or protection")
    plain = io.BytesIO() if protection or archive else out
    fixed = archive is not None
    try:
        if document.contents:
            _in_passes(document, plain, fast=fast, fixed=fixed)
        else:
            _once(document, document.parts, plain, [], fast=fast, fixed=fixed)
    except LayoutError as error:
        stop("", "layout", f"something is larger than its page: {str(error)[:120]}")
    if protection and isinstance(plain, io.BytesIO):
        protect(plain, out, protection)
    if archive and isinstance(plain, io.BytesIO):
        archive_pdf(plain, out, archive)


def _in_passes(document: parts.Document, out: BinaryIO, *, fast: bool, fixed: bool) -> None:
    """Lay out again until the pages in the list of contents are those of the headings."""
    held = [parts.held(part) for part in document.parts]
    entries: list[Entry] = []
    laid = io.BytesIO()
    for _ in range(_MOST_PASSES):
        laid = io.BytesIO()
        found = _once(document, iter(held), laid, entries, fast=fast, fixed=fixed)
        if found == entries:
            break
        entries = found
    out.write(laid.getbuffer())


def _once(
    document: parts.Document,
    given: Iterator[parts.Part],
    out: BinaryIO,
    entries: list[Entry],
    *,
    fast: bool,
    fixed: bool,
) -> list[Entry]:
    builder = _Builder(document, entries, fast=fast, fixed=fixed)
    pages = Pages(out, document, builder.all)
    builder.pages = pages
    waiting: list[Flowable] = []
    for part in given:
        waiting.extend(builder.part(part))
        if waiting and isinstance(waiting[-1], StreamedTable):
            _lead(waiting, document.theme.size, pages.room / 2)
        # A title waits for what it is the title of.
        if waiting and not _stays(waiting[-1]):
            pages.lay(waiting)
    for flowable in waiting:
        flowable.keepWithNext = 0
    pages.lay(waiting)
    pages.finish()
    return pages.entries


def _lead(waiting: list[Flowable], size: float, most: float) -> None:
    """Keep titles with the first rows of their table, not with all of it as reportlab would."""
    for flowable in waiting:
        flowable.keepWithNext = 0
    waiting.insert(0, CondPageBreak(min(size * (4 + 3 * len(waiting)), most)))


def _stays(flowable: Any) -> bool:
    return bool(flowable.getKeepWithNext())


class _Builder:
    """Makes flowables of parts."""

    def __init__(
        self, document: parts.Document, entries: list[Entry], *, fast: bool, fixed: bool
    ) -> None:
        self.pages: Pages | None = None
        self.entries = entries
        self.fast = fast
        self.fixed = fixed
        self.theme, self.locale = document.theme, document.locale
        self.styles = Styles(document.theme, document.locale.rtl)
        self.texts = Texts(fonts.Fonts(document.locale.tag, document.faces), self.styles)

    def all(self, given: Iterable[parts.Part]) -> list[Flowable]:
        """Return the flowables of several parts."""
        return [flowable for part in given for flowable in self.part(part)]

    def part(self, part: parts.Part) -> list[Flowable]:  # noqa: C901, PLR0911, PLR0912  (one case for each)
        """Return what a part is laid out as."""
        match part:
            case parts.Heading():
                text = self.texts.paragraph(part.text, self.styles.heading(part.level))
                return [_Heading(text, title_of(part), part, self)]
            case parts.Paragraph():
                style = self.styles.paragraph(part.look, part.align)
                paragraph = self.texts.paragraph(part.text, style)
                return [_Quote(paragraph, self.styles)] if part.look == "quote" else [paragraph]
            case parts.Listing():
                return [self._listing(part.ordered, part.items), Spacer(0, self.theme.size * 0.5)]
            case parts.Table():
                return self._table(part)
            case parts.Image():
                return [self._image(part)]
            case parts.Chart():
                drawing = draw_chart(part, self.locale, *fonts.of_chart(part, self.locale))
                return [GraphicsFlowable(drawing), Spacer(0, self.theme.size)]
            case parts.Barcode():
                flowable = self._barcode(part)
                flowable.hAlign = self._side(part.align)
                return [flowable, Spacer(0, self.theme.size * 0.5)]
            case parts.PageBreak():
                return [PageBreak()]
            case parts.Rule():
                return [HRFlowable(width="100%", color=self.styles.line, spaceBefore=4)]
            case parts.Spacer():
                return [Spacer(0, part.height * mm)]
            case parts.Contents():
                return self._contents(part)
            case parts.Field():
                return [FieldFlowable(part, self.texts, fixed=self.fixed)]
            case parts.Keep():
                return [
                    KeepTogether(
                        [self._panel(part)] if part.panel else list(flat(self.all(part.parts)))
                    )
                ]
            case parts.Columns():
                return [self._columns(part)]
            case parts.Page():
                assert self.pages is not None  # noqa: S101  # nosec B101  # only between parts
                return [*self.pages.turn_to(part), PageBreak()]

    def _side(self, align: Align) -> Any:
        return {TA_RIGHT: "RIGHT", TA_CENTER: "CENTER"}.get(self.styles.side(align), "LEFT")

    def _listing(self, ordered: bool, items: tuple[parts.Item, ...]) -> ListFlowable:
        style = self.styles.paragraph()
        found: list[Any] = []
        for item in items:
            content: list[Flowable] = [self.texts.paragraph(item.text, style)]
            if item.items:
                content.append(self._listing(ordered, item.items))
            found.append(ListItem(content, bulletColor=self.styles.color))
        return ListFlowable(
            found,
            bulletType="1" if ordered else "bullet",
            start=None if ordered else "•",
            bulletFontName=fonts.whole(fonts.REGULAR, "0123456789." if ordered else "•"),
            bulletFontSize=style.fontSize,
            bulletFormat="%s." if ordered else None,
            leftIndent=18,
            bulletDedent=14,
        )

    def _table(self, part: parts.Table) -> list[Flowable]:
        found: list[Flowable] = []
        if part.caption:
            style = self.styles.heading(6)
            found.append(self.texts.paragraph(part.caption, style))
        if part.spanned:
            return [*found, _Fitted(part, self.texts), Spacer(0, self.theme.size * 0.8)]
        return [*found, StreamedTable(part, self.texts, fast=self.fast)]

    def _barcode(self, part: parts.Barcode) -> Flowable:
        if part.symbology == "qr":
            return QrFlowable(part.value, side_of_qr(part))
        flowable: Flowable = GraphicsFlowable(
            draw_barcode(part, fonts.whole(fonts.REGULAR, part.value))
        )
        return flowable

    def _image(self, part: parts.Image) -> Flowable:
        _, width, height = checked_image(part)
        wide, high = part.width, part.height
        if wide is None and high is None:
            # As large as it is at 150 points an inch, and no wider than a usual page.
            wide = min(width / 150 * 25.4, 160.0)
        if wide is None:
            wide = (high or 0) * width / height
        if high is None:
            high = wide * height / width
        image: Flowable = Image(io.BytesIO(part.data), wide * mm, high * mm, kind="bound")
        image.hAlign = self._side(part.align)
        return image

    def _columns(self, part: parts.Columns) -> Flowable:
        return Beside([self.all(column) for column in part.columns], part.shares)

    def _panel(self, part: parts.Keep) -> Flowable:
        after = self.theme.size * 0.8
        return Beside([self.all(part.parts)], [1], ground=self.styles.stripe, after=after)

    def _contents(self, part: parts.Contents) -> list[Flowable]:
        found: list[Flowable] = []
        if part.title:
            found.append(self.texts.paragraph(part.title, self.styles.heading(3)))
        lines = [
            (level, title, number, key)
            for level, title, number, key in self.entries
            if level <= part.levels
        ]
        if not lines:
            return found
        end = self.styles.cell("end", bold=False)
        rows = [
            [
                self.texts.paragraph(
                    (Span("\u2003" * (level - 1) + title, link=f"#{key}"),),
                    self.styles.cell("start", bold=False),
                ),
                self.texts.plain(str(number), end),
            ]
            for level, title, number, key in lines
        ]
        table = LongTable(rows, colWidths=["90%", "10%"], hAlign="LEFT")
        table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "BOTTOM")]))
        return [*found, table, Spacer(0, self.theme.size)]


class _Wrapper(Flowable):
    """Something drawn with something beside it."""

    def __init__(self, inner: Flowable) -> None:
        super().__init__()
        self.inner = inner
        self.keepWithNext = _stays(inner)

    def getSpaceBefore(self) -> float:  # noqa: N802  # reportlab's name
        """Return the room above."""
        return float(self.inner.getSpaceBefore())

    def getSpaceAfter(self) -> float:  # noqa: N802  # reportlab's name
        """Return the room below."""
        return float(self.inner.getSpaceAfter())

    def wrap(self, available: float, height: float) -> tuple[float, float]:
        """Return the room it takes."""
        self.width, self.height = self.inner.wrapOn(self.canv, available, height)
        return self.width, self.height

    def draw(self) -> None:
        """Draw it."""
        self.inner.drawOn(self.canv, 0, 0)


class _Heading(_Wrapper):
    """A title that says where it is drawn."""

    def __init__(
        self, inner: Flowable, title: str, heading: parts.Heading, builder: _Builder
    ) -> None:
        super().__init__(inner)
        self.title = title
        self.heading = heading
        self.builder = builder

    def draw(self) -> None:
        """Draw it, with a bookmark."""
        super().draw()
        if self.builder.pages is not None:
            key = f"h-{self.heading.number}"
            self.builder.pages.heading(self.title, self.heading.level, key)


class _Quote(_Wrapper):
    """A paragraph with a line beside it."""

    def __init__(self, inner: Flowable, styles: Styles) -> None:
        super().__init__(inner)
        self.styles = styles

    def split(self, available: float, height: float) -> list[Flowable]:
        """Return what fits and the rest."""
        return [
            _Quote(one, self.styles) for one in self.inner.splitOn(self.canv, available, height)
        ]

    def draw(self) -> None:
        """Draw it with its line."""
        self.canv.saveState()
        self.canv.setStrokeColor(self.styles.accent)
        self.canv.setLineWidth(2)
        x = self.width - 1 if self.styles.rtl else 1
        self.canv.line(x, 0, x, self.height)
        self.canv.restoreState()
        super().draw()


class _Fitted(Flowable):
    """A table with cells that reach down, made when its width is known."""

    def __init__(self, part: parts.Table, texts: Texts) -> None:
        super().__init__()
        self.part = part
        self.texts = texts
        self.table: Any = None

    def wrap(self, available: float, height: float) -> tuple[float, float]:
        """Return the room it takes."""
        self.table = self.table or spanned_table(self.part, self.texts, available)
        self.width, self.height = self.table.wrapOn(self.canv, available, height)
        return self.width, self.height

    def split(self, available: float, height: float) -> list[Flowable]:
        """Return the rows that fit and the rest."""
        self.wrap(available, height)
        found: list[Flowable] = self.table.splitOn(self.canv, available, height)
        return found

    def draw(self) -> None:
        """Draw it."""
        self.table.drawOn(self.canv, 0, 0)
