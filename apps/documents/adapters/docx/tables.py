"""A table as the XML that Word reads, made as text: objects for its cells would take far longer."""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from docx.oxml.ns import nsdecls
from docx.oxml.parser import parse_xml

from apps.documents.adapters.docx.texts import LINK_COLOR, MONO
from apps.documents.domain.evaluation import parts
from apps.documents.domain.findings import stop
from apps.documents.domain.model.blocks import Align, Theme
from apps.documents.domain.model.formats import TEXT
from apps.documents.domain.model.texts import PLAIN, Span, Spans

#: Word lays out a table as a whole: beyond this a document would not open.
MOST_ROWS = 20_000
#: Twentieths of a point in a millimetre.
_TWIPS = 1440 / 25.4
_LINE = "D1D5DB"
_SIDES: dict[Align, str] = {"start": "left", "center": "center", "end": "right"}

#: Names the relation of a link in the part of the package that the table is in.
Relate = Callable[[str], str]


def table_of(
    table: parts.Table, widths: Sequence[float], theme: Theme, relate: Relate, *, rtl: bool
) -> Any:
    """Return the element of a table; widths are millimetres. Raises DocumentError."""
    return parse_xml("".join(_Table(table, widths, theme, relate, rtl=rtl).pieces()))


class _Table:
    def __init__(
        self,
        table: parts.Table,
        widths: Sequence[float],
        theme: Theme,
        relate: Relate,
        *,
        rtl: bool,
    ) -> None:
        self.table = table
        self.widths = [round(one * _TWIPS) for one in widths]
        self.accent, self.stripe = theme.accent[1:].upper(), theme.stripe[1:].upper()
        self.relate = relate
        self.rtl = rtl
        # How far cells of rows above still reach down, and how wide each of those is.
        self.below = [0] * len(widths)
        self.wide = [1] * len(widths)
        # What stands before the text of a cell: as few as there are kinds of row and columns.
        self.starts: dict[tuple[Any, ...], str] = {}

    def pieces(self) -> Iterable[str]:
        """Yield the XML from its start to its end."""
        line = f'w:val="single" w:sz="4" w:space="0" w:color="{_LINE}"'
        borders = f"<w:bottom {line}/><w:insideH {line}/>" if self.table.lines else ""
        if self.table.lines and self.table.spanned:
            borders = f"<w:top {line}/><w:left {line}/><w:bottom {line}/><w:right {line}/>"
            borders += f"<w:insideH {line}/><w:insideV {line}/>"
        yield f"<w:tbl {nsdecls('w', 'r')}><w:tblPr>"
        yield "<w:bidiVisual/>" if self.rtl else ""
        yield f'<w:tblW w:w="{sum(self.widths)}" w:type="dxa"/>'
        yield f'<w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        yield '<w:tblCellMar><w:left w:w="80" w:type="dxa"/><w:right w:w="80" w:type="dxa"/>'
        yield "</w:tblCellMar></w:tblPr><w:tblGrid>"
        yield from (f'<w:gridCol w:w="{width}"/>' for width in self.widths)
        yield "</w:tblGrid>"
        if self.table.header:
            cells = (parts.Cell(one.title, None, TEXT, one.align) for one in self.table.columns)
            yield self._row("head", tuple(cells), striped=False)
        odd = False
        for number, row in enumerate(self.table.rows):
            if number == MOST_ROWS:
                message = f"a table of Word has at most {MOST_ROWS} rows"
                stop(self.table.place, "size", message, "table")
            odd = not odd if row.kind == "body" else odd
            striped = row.kind == "body" and self.table.stripes and not odd
            yield self._row(row.kind, row.cells, striped=striped)
        yield "</w:tbl>"

    def _row(self, kind: str, cells: Sequence[parts.Cell], *, striped: bool) -> str:
        bold = kind not in ("body", "note")
        head = "<w:tblHeader/>" if kind == "head" else ""
        found = [f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>"]
        at = 0
        for cell in cells:
            at = self._covered(at, found)
            style = (at, kind, striped, cell.align, cell.across, cell.down > 1)
            start = self.starts.get(style)
            if start is None:
                start = self.starts[style] = self._start(*style)
            found.append(f"{start}{self._runs(cell.text, bold=bold)}</w:p></w:tc>")
            if cell.down > 1:
                self.below[at], self.wide[at] = cell.down - 1, cell.across
            at += cell.across
        self._covered(at, found)
        return "".join([*found, "</w:tr>"])

    def _covered(self, at: int, found: list[str]) -> int:
        """Continue the cells that reach down from above, from a column on."""
        while at < len(self.below) and self.below[at]:
            self.below[at] -= 1
            width = sum(self.widths[at : at + self.wide[at]])
            found.append(f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>')
            if self.wide[at] > 1:
                found.append(f'<w:gridSpan w:val="{self.wide[at]}"/>')
            found.append("<w:vMerge/></w:tcPr><w:p/></w:tc>")
            at += self.wide[at]
        return at

    def _start(
        self, at: int, kind: str, striped: bool, align: Align, across: int, down: bool
    ) -> str:
        width = sum(self.widths[at : at + across])
        borders, side = "", {"head": "bottom", "total": "top"}.get(kind)
        if side:
            line = f'w:val="single" w:sz="8" w:space="0" w:color="{self.accent}"'
            borders = f"<w:tcBorders><w:{side} {line}/></w:tcBorders>"
        shaded = striped or kind == "group"
        return (
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>'
            + (f'<w:gridSpan w:val="{across}"/>' if across > 1 else "")
            + ('<w:vMerge w:val="restart"/>' if down else "")
            + borders
            + (f'<w:shd w:val="clear" w:color="auto" w:fill="{self.stripe}"/>' if shaded else "")
            + '</w:tcPr><w:p><w:pPr><w:pStyle w:val="Cell"/>'
            + ("<w:keepNext/>" if kind in ("head", "group") else "")
            + ("<w:bidi/>" if self.rtl else "")
            + f'<w:jc w:val="{_SIDES.get(align, "left")}"/></w:pPr>'
        )

    def _runs(self, spans: Spans, *, bold: bool) -> str:
        return "".join(self._run(span, bold=bold) for span in spans)

    def _run(self, span: Span, *, bold: bool) -> str:
        if span.style is PLAIN and not span.link and not span.page:
            look = "<w:b/>" if bold else ""
        else:
            look = _look(span, bold=bold)
        look += "<w:rtl/>" if self.rtl else ""
        if look:
            look = f"<w:rPr>{look}</w:rPr>"
        if span.page:
            name = {"page": "PAGE", "pages": "NUMPAGES"}[span.page]
            return f'<w:fldSimple w:instr="{name}"><w:r>{look}<w:t>1</w:t></w:r></w:fldSimple>'
        run = f"<w:r>{look}{_text(span.text)}</w:r>"
        if span.link:
            return f'<w:hyperlink r:id="{self.relate(span.link)}">{run}</w:hyperlink>'
        return run


def _text(text: str) -> str:
    shown = escape(text, quote=False)
    if "\n" in shown or "\t" in shown:
        shown = shown.replace("\n", '</w:t><w:br/><w:t xml:space="preserve">')
        shown = shown.replace("\t", '</w:t><w:tab/><w:t xml:space="preserve">')
    return f'<w:t xml:space="preserve">{shown}</w:t>'


def _look(span: Span, *, bold: bool) -> str:
    """Return the marks of a run, in the order that the schema of Word has them."""
    style = span.style
    color = style.color[1:].upper() or (LINK_COLOR if span.link else "")
    marks = (
        (style.code, f'<w:rFonts w:ascii="{MONO}" w:hAnsi="{MONO}"/>'),
        (style.bold or bold, "<w:b/>"),
        (style.italic, "<w:i/>"),
        (style.strike, "<w:strike/>"),
        (color, f'<w:color w:val="{color}"/>'),
        (style.underline or span.link, '<w:u w:val="single"/>'),
        (style.sub or style.sup, f'<w:vertAlign w:val="{"sub" if style.sub else "super"}script"/>'),
    )
    return "".join(mark for held, mark in marks if held)
