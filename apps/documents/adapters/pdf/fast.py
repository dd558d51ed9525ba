"""Rows as operators of a page: what a `Table` of reportlab draws, to the pixel.

Each cell is placed by an absolute matrix. Relative moves are shorter, but their rounding adds up.
"""

from collections.abc import Sequence
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import Flowable

from apps.documents.adapters.pdf import fonts
from apps.documents.adapters.pdf.rows import ABOVE, SIDE, Geometry, Laid
from apps.documents.adapters.pdf.styles import Styles

_ESCAPED = str.maketrans({"(": r"\(", ")": r"\)", "\\": r"\\"})
_SPECIAL = frozenset("()\\")


def draw_rows(canvas: Any, geometry: Geometry, rows: Sequence[Laid], height: float) -> bool:
    """Draw rows below one another, the last ending at y = 0.

    Draws nothing and returns False if a font has too many characters in use for one encoding.
    """
    page = _Page(canvas, geometry)
    try:
        page.set(rows, height)
    except LookupError:
        return False
    styles, whole = geometry.styles, sum(geometry.widths)
    canvas.saveState()
    _backgrounds(canvas, styles, rows, height, whole)
    canvas.setFillColor(styles.color)
    canvas._code.extend([*page.text, "ET"])  # noqa: SLF001  # a canvas takes operators in no other way
    for flowable, x, y in page.flowables:
        flowable.drawOn(canvas, x, y)
    _lines(canvas, geometry, rows, height, whole)
    canvas.restoreState()
    return True


class _Page:
    """What rows have in them: text as operators, and flowables with their places."""

    def __init__(self, canvas: Any, geometry: Geometry) -> None:
        self.geometry = geometry
        self.widths = geometry.widths
        self.lefts = [sum(self.widths[:at]) for at in range(len(self.widths))]
        self.text = ["BT"]
        self.flowables: list[tuple[Flowable, float, float]] = []
        self._writers = {
            name: _Writer(canvas, name, geometry.size) for name in (fonts.REGULAR, fonts.BOLD)
        }

    def set(self, rows: Sequence[Laid], height: float) -> None:
        """Place every cell."""
        face, y, code = "", height, self.text
        shift = ABOVE + self.geometry.size
        for row in rows:
            name = fonts.REGULAR if row.kind in ("body", "note") else fonts.BOLD
            if name != face:
                face = name
                code.append(self._writers[name].begin)
            base = f"{y - shift:.6f} Tm ("
            encoded, ruler = self._writers[name].encoded, self.geometry.rulers[name]
            at = 0
            for cell, side, across in zip(row.cells, row.sides, row.across, strict=True):
                left = self.lefts[at]
                wide = self.widths[at] if across == 1 else sum(self.widths[at : at + across])
                at += across
                if not isinstance(cell, str):
                    wrapped = cell.wrap(wide - 2 * SIDE, row.height)[1]
                    self.flowables.append((cell, left + SIDE, y - ABOVE - wrapped))
                elif "\n" in cell:
                    self._lines(cell, side, left, wide, y - shift, name)
                elif cell:
                    x = left + SIDE
                    if side == "RIGHT":
                        x = left + wide - SIDE - ruler.width(cell)
                    elif side == "CENTER":
                        x = left + wide * 0.5 - ruler.width(cell) * 0.5
                    code.append(f"1 0 0 1 {x:.6f} {base}{encoded(cell)}) Tj")
            y -= row.height

    def _lines(self, cell: str, side: str, left: float, wide: float, y: float, name: str) -> None:
        writer, ruler = self._writers[name], self.geometry.rulers[name]
        for line in cell.split("\n"):
            x = left + SIDE
            if side == "RIGHT":
                x = left + wide - SIDE - ruler.width(line)
            elif side == "CENTER":
                x = left + wide * 0.5 - ruler.width(line) * 0.5
            self.text.append(f"1 0 0 1 {x:.6f} {y:.6f} Tm ({writer.encoded(line)}) Tj")
            y -= self.geometry.leading


def _backgrounds(
    canvas: Any, styles: Styles, rows: Sequence[Laid], height: float, whole: float
) -> None:
    shaded, y = [], height
    for row in rows:
        y -= row.height
        if row.striped or row.kind == "group":
            shaded.append(f"n 0 {y:.6f} {whole:.6f} {row.height:.6f} re f*")
    if shaded:
        canvas.setFillColor(styles.stripe)
        canvas._code.extend(shaded)  # noqa: SLF001


def _lines(
    canvas: Any, geometry: Geometry, rows: Sequence[Laid], height: float, whole: float
) -> None:
    thin: list[str] = []
    thick: list[str] = []
    y, styles = height, geometry.styles
    for row in rows:
        above, y = y, y - row.height
        place = above if row.kind == "total" else y
        line = f"n 0 {place:.6f} m {whole:.6f} {place:.6f} l S"
        if row.kind in ("head", "total"):
            thick.append(line)
        elif geometry.table.lines:
            thin.append(line)
    canvas.setLineCap(1)
    for lines, weight, color in ((thin, 0.4, styles.line), (thick, 1, styles.accent)):
        if lines:
            canvas.setLineWidth(weight)
            canvas.setStrokeColor(color)
            canvas._code.extend(lines)  # noqa: SLF001


class _Writer:
    """Text of one font as the bytes that stand for it in this document."""

    def __init__(self, canvas: Any, name: str, size: float) -> None:
        font: Any = pdfmetrics.getFont(name)
        document = canvas._doc  # noqa: SLF001  # fonts number their characters by document
        internal = font.getSubsetInternalName(0, document)
        self.begin = f"{internal} {size:.6f} Tf"
        self._codes = _Codes(font, canvas)

    def encoded(self, text: str) -> str:
        """Return what stands between brackets. ASCII is as it is: reportlab keeps it in place."""
        if text.isascii():
            return text if _SPECIAL.isdisjoint(text) else text.translate(_ESCAPED)
        return text.translate(self._codes)


class _Codes(dict[int, str]):
    """What each character is written as; those of further subsets change the font and back."""

    def __init__(self, font: Any, canvas: Any) -> None:
        super().__init__({ord(one): f"\\{one}" for one in _SPECIAL})
        self._font = font
        self._canvas = canvas

    def __missing__(self, code: int) -> str:
        [(subset, encoded)] = self._font.splitString(chr(code), self._canvas._doc)  # noqa: SLF001
        if subset:
            raise LookupError(code)
        found: str = self._canvas._escape(encoded)  # noqa: SLF001
        self[code] = found
        return found
