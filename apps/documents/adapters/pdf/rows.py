"""The rows of a table laid out in columns whose widths are settled."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.platypus import Flowable

from apps.documents.adapters.pdf import fonts
from apps.documents.adapters.pdf.texts import Texts, needs_bidi
from apps.documents.domain.evaluation import parts
from apps.documents.domain.model.blocks import Align
from apps.documents.domain.model.texts import PLAIN, Spans

#: Points around the text of a cell.
SIDE, ABOVE = 4.0, 3.0
_MM = 72 / 25.4
_LEAST_WIDTH = 12.0
_SIDES = {TA_RIGHT: "RIGHT", TA_CENTER: "CENTER"}


@dataclass(frozen=True, slots=True)
class Laid:
    """A row with its height; a cell is lines of text in the row's font, or a flowable."""

    kind: str
    cells: tuple[str | Flowable, ...]
    sides: tuple[str, ...]
    height: float
    striped: bool
    across: tuple[int, ...]


class Geometry:
    """Columns with their widths, and rows laid out in them."""

    def __init__(self, table: parts.Table, texts: Texts, available: float) -> None:
        self.texts = texts
        self.styles = texts.styles
        self.table = table
        self.widths = _widths(table.columns, available)
        self.size = self.styles.cell("start", bold=False).fontSize
        self.leading = self.styles.cell("start", bold=False).leading
        self.line = self.leading + 2 * ABOVE
        self.rulers = {name: fonts.Ruler(name, self.size) for name in (fonts.REGULAR, fonts.BOLD)}
        self._odd = False

    def head(self) -> Laid | None:
        """Return the row of titles."""
        if not self.table.header:
            return None
        cells = tuple(
            parts.Cell(one.title, None, one.format, one.align) for one in self.table.columns
        )
        return self.row(parts.Row("body", cells), kind="head")

    def row(self, row: parts.Row, kind: str = "") -> Laid:
        """Return a row laid out."""
        kind = kind or row.kind
        bold = kind not in ("body", "note")
        if kind == "body":
            self._odd = not self._odd
        at, height, cells, sides, across = 0, self.line, [], [], []
        for cell in row.cells:
            room = sum(self.widths[at : at + cell.across]) - 2 * SIDE
            shown = self._cell(cell, room, bold=bold)
            height = max(height, self._height(shown, room))
            cells.append(shown)
            sides.append(self._side(cell.align))
            across.append(cell.across)
            at += cell.across
        return Laid(
            kind,
            tuple(cells),
            tuple(sides),
            height,
            kind == "body" and self.table.stripes and not self._odd,
            tuple(across),
        )

    def torn(self, row: Laid, height: float) -> tuple[Laid, Laid] | None:
        """Return what of a row fits and the rest, or nothing if none of it fits."""
        room = height - 2 * ABOVE
        first: list[str | Flowable] = []
        rest: list[str | Flowable] = []
        at = 0
        for cell, across in zip(row.cells, row.across, strict=True):
            wide = sum(self.widths[at : at + across]) - 2 * SIDE
            pieces = self._pieces(cell, wide, room)
            first.append(pieces[0] if pieces else "")
            rest.append(pieces[1] if len(pieces) > 1 else "" if pieces else cell)
            at += across
        if not any(first):
            return None
        return self._with(row, first), self._with(row, rest)

    def _pieces(self, cell: str | Flowable, wide: float, room: float) -> list[str | Flowable]:
        if isinstance(cell, str):
            lines, fit = cell.split("\n"), int(room / self.leading)
            if fit < 1:
                return []
            return ["\n".join(some) for some in (lines[:fit], lines[fit:]) if some]
        return list(cell.split(wide, room))

    def _height(self, cell: str | Flowable, room: float) -> float:
        if isinstance(cell, str):
            return self.line + cell.count("\n") * self.leading
        taken: float = cell.wrap(room, 1e6)[1]
        return taken + 2 * ABOVE

    def _with(self, row: Laid, cells: list[str | Flowable]) -> Laid:
        height, at = self.line, 0
        for cell, across in zip(cells, row.across, strict=True):
            wide = sum(self.widths[at : at + across]) - 2 * SIDE
            height = max(height, self._height(cell, wide))
            at += across
        return replace(row, cells=tuple(cells), height=height)

    def _side(self, align: Align) -> str:
        return _SIDES.get(self.styles.side(align), "LEFT")

    def _cell(self, cell: parts.Cell, room: float, *, bold: bool) -> str | Flowable:
        font = fonts.BOLD if bold else fonts.REGULAR
        text = _one_line(cell.text)
        if text is not None and self.texts.fonts.covers(text, font) and not needs_bidi(text):
            ruler = self.rulers[font]
            return ruler.lines(text, room) if self.table.wrap else ruler.cut(text, room)
        return self.texts.paragraph(cell.text, self.styles.cell(cell.align, bold=bold))


def _one_line(spans: Spans) -> str | None:
    """Return a text without marks and line ends, or nothing."""
    if not spans:
        return ""
    if len(spans) == 1 and spans[0].style is PLAIN and not spans[0].link:
        text = spans[0].text
        return None if "\n" in text or "\t" in text else text
    return None


def _widths(columns: Sequence[parts.Column], available: float) -> list[float]:
    """Return widths in points: what was asked for, and the rest in equal parts.

    If that is more than there is, all are made narrower alike.
    """
    asked = [column.width * _MM if column.width else 0.0 for column in columns]
    free = asked.count(0.0)
    share = max((available - sum(asked)) / free, _LEAST_WIDTH) if free else 0.0
    widths = [width or share for width in asked]
    whole = sum(widths)
    return [width * available / whole for width in widths] if whole > available else widths
