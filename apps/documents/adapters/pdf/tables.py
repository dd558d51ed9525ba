"""Tables that are laid out a page at a time: work and memory grow with the rows, not their square.

Widths are settled before a row is looked at, and the height of a row by the row alone. The rows of
a page are then drawn by a `Table` of reportlab or, where each cell is one line in one font, by
operators that leave the same pixels (`fast.py`).
"""

from collections import deque
from collections.abc import Iterator
from copy import copy
from typing import Any

from reportlab.platypus import Flowable, Table, TableStyle

from apps.documents.adapters.pdf import fonts
from apps.documents.adapters.pdf.fast import draw_rows
from apps.documents.adapters.pdf.rows import ABOVE, SIDE, Geometry, Laid
from apps.documents.adapters.pdf.texts import Texts
from apps.documents.domain.evaluation import parts

#: Rows of at least so many lines are torn; others go to the next page as they are.
_TALL = 20


class StreamedTable(Flowable):
    """A table whose rows are taken when a page has room for them."""

    def __init__(self, table: parts.Table, texts: Texts, *, fast: bool = True) -> None:
        super().__init__()
        self.table = table
        self.texts = texts
        self.fast = fast
        self.spaceAfter = texts.styles.theme.size * 0.8
        self._rows: Iterator[parts.Row] = iter(table.rows)
        self._waiting: deque[Laid] = deque()
        self._ended = False
        self._geometry: Geometry | None = None
        self._head: Laid | None = None

    def wrap(self, available: float, height: float) -> tuple[float, float]:
        """Return the room that the rest takes, or more than there is."""
        self._settle(available)
        self.width = available
        self.height = self._take(height)
        return available, self.height if self._ended else height + 1

    def _settle(self, available: float) -> Geometry:
        if self._geometry is None:
            self._geometry = Geometry(self.table, self.texts, available)
            self._head = self._geometry.head()
        return self._geometry

    def _take(self, height: float) -> float:
        """Lay out rows until they are higher than what there is; returns their height."""
        geometry = self._geometry
        assert geometry is not None  # noqa: S101  # nosec B101  # wrap comes first
        taken = (self._head.height if self._head else 0) + sum(one.height for one in self._waiting)
        while taken <= height and not self._ended:
            row = next(self._rows, None)
            if row is None:
                self._ended = True
            else:
                self._waiting.append(laid := geometry.row(row))
                taken += laid.height
        return taken

    def split(self, available: float, height: float) -> list[Flowable]:
        """Return the rows that fit and the rest of the table."""
        geometry = self._settle(available)
        self._take(height)
        taken = self._head.height if self._head else 0.0
        fit: list[Laid] = []
        while self._waiting and taken + self._waiting[0].height <= height:
            fit.append(self._waiting.popleft())
            taken += fit[-1].height
        # The title of a group stays with its first row.
        while fit and fit[-1].kind == "group" and self._waiting:
            self._waiting.appendleft(fit.pop())
        if not fit:
            return self._torn(geometry, height)
        return [PageOfRows(geometry, self._with_head(fit), fast=self.fast), self._rest()]

    def _rest(self) -> Flowable:
        """Return this as one that reportlab has not yet tried to lay out."""
        rest = copy(self)
        vars(rest).pop("_postponed", None)
        return rest

    def _torn(self, geometry: Geometry, height: float) -> list[Flowable]:
        """Tear a row that no page holds; one that the next page holds goes there."""
        if not self._waiting or self._waiting[0].height < geometry.leading * _TALL:
            return []
        room = height - (self._head.height if self._head else 0)
        torn = geometry.torn(self._waiting[0], room)
        if torn is None:
            return []
        self._waiting[0] = torn[1]
        page = PageOfRows(geometry, self._with_head([torn[0]]), fast=self.fast)
        return [page, self._rest()]

    def _with_head(self, rows: list[Laid]) -> list[Laid]:
        return [self._head, *rows] if self._head else rows

    def draw(self) -> None:
        """Draw what is left."""
        geometry = self._settle(self.width)
        rows = self._with_head(list(self._waiting))
        if rows:
            page = PageOfRows(geometry, rows, fast=self.fast)
            page.wrap(self.width, self.height)
            page.drawOn(self.canv, 0, 0)


class PageOfRows(Flowable):
    """The rows of a table that stand on one page."""

    def __init__(self, geometry: Geometry, rows: list[Laid], *, fast: bool) -> None:
        super().__init__()
        self.geometry = geometry
        self.rows = rows
        self.fast = fast
        self.height = sum(row.height for row in rows)

    def wrap(self, available: float, height: float) -> tuple[float, float]:
        """Return the room it takes."""
        self.width = sum(self.geometry.widths)
        return self.width, self.height

    def draw(self) -> None:
        """Draw the rows."""
        if not self.fast or not draw_rows(self.canv, self.geometry, self.rows, self.height):
            table = _platypus(self.geometry, self.rows)
            table.wrap(self.width, self.height)
            table.drawOn(self.canv, 0, 0)


def _platypus(geometry: Geometry, rows: list[Laid]) -> Table:
    """Return rows as a table of reportlab; `fast.draw_rows` draws what this draws."""
    styles, columns = geometry.styles, len(geometry.widths)
    commands: list[tuple[Any, ...]] = [
        ("FONTNAME", (0, 0), (-1, -1), fonts.REGULAR),
        ("FONTSIZE", (0, 0), (-1, -1), geometry.size),
        ("LEADING", (0, 0), (-1, -1), geometry.leading),
        ("TEXTCOLOR", (0, 0), (-1, -1), styles.color),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), SIDE),
        ("RIGHTPADDING", (0, 0), (-1, -1), SIDE),
        ("TOPPADDING", (0, 0), (-1, -1), ABOVE),
        ("BOTTOMPADDING", (0, 0), (-1, -1), ABOVE),
    ]
    values: list[list[Any]] = []
    for y, row in enumerate(rows):
        line: list[Any] = []
        for cell, side, across in zip(row.cells, row.sides, row.across, strict=True):
            x = len(line)
            commands.append(("ALIGN", (x, y), (x, y), side))
            if across > 1:
                commands.append(("SPAN", (x, y), (x + across - 1, y)))
            line.extend([cell, *[""] * (across - 1)])
        values.append(line + [""] * (columns - len(line)))
        commands.extend(_look(row, y, geometry))
    heights = [row.height for row in rows]
    table = Table(values, colWidths=geometry.widths, rowHeights=heights, hAlign="LEFT")
    table.setStyle(TableStyle(commands))
    return table


def _look(row: Laid, y: int, geometry: Geometry) -> Iterator[tuple[Any, ...]]:
    styles, whole = geometry.styles, ((0, y), (-1, y))
    if row.kind not in ("body", "note"):
        yield "FONTNAME", *whole, fonts.BOLD
    if row.striped or row.kind == "group":
        yield "BACKGROUND", *whole, styles.stripe
    if row.kind == "head":
        yield "LINEBELOW", *whole, 1, styles.accent
    elif row.kind == "total":
        yield "LINEABOVE", *whole, 1, styles.accent
    elif geometry.table.lines:
        yield "LINEBELOW", *whole, 0.4, styles.line


def spanned_table(table: parts.Table, texts: Texts, available: float) -> Table:
    """Return a table with cells that reach down, laid out by reportlab as a whole."""
    geometry = Geometry(table, texts, available)
    head, values = geometry.head(), []
    commands: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    if table.lines:
        commands.append(("GRID", (0, 0), (-1, -1), 0.4, geometry.styles.line))
    if head:
        style = geometry.styles
        titles = [
            texts.paragraph(one.title, style.cell(one.align, bold=True)) for one in table.columns
        ]
        values.append(titles)
        commands.append(("LINEBELOW", (0, 0), (-1, 0), 1, style.accent))
    taken = [0] * len(table.columns)
    for row in table.rows:
        line: list[Any] = [""] * len(taken)
        y = len(values)
        for x, cell in parts.placed(row, taken):
            line[x] = texts.paragraph(cell.text, geometry.styles.cell(cell.align, bold=False))
            end = (x + cell.across - 1, y + cell.down - 1)
            commands.append(("SPAN", (x, y), end))
        values.append(line)
    made = Table(values, colWidths=geometry.widths, repeatRows=1 if head else 0, hAlign="LEFT")
    made.setStyle(TableStyle(commands))
    return made
