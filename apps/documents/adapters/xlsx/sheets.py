"""The XML of a sheet, a row at a time: what openpyxl would write, without an object a cell."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from html import escape

from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

from apps.documents.adapters.xlsx.styles import Looks, Plain, plain_value
from apps.documents.domain.evaluation import parts

_HEAD = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheetPr><outlinePr summaryBelow="1" summaryRight="1"/><pageSetUpPr fitToPage="1"/></sheetPr>'
)
_FROZEN = (
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    '<selection pane="bottomLeft" activeCell="A1" sqref="A1"/>'
)
_FLUSHED_AT = 1_000
_CLOSING = frozenset(("total", "subtotal"))
#: Totals that a spreadsheet works out anew, of the rows that its filter shows. None is among what
#: another adds up. A count stays a number: COUNTA would count the titles of groups too.
_TOTALS = {"sum": 9, "avg": 1, "max": 4, "min": 5}


class Sheet:
    """Writes one sheet."""

    def __init__(
        self,
        write: Callable[[bytes], object],
        looks: Looks,
        columns: Sequence[parts.Column],
        *,
        spanned: bool,
    ) -> None:
        self._write = write
        self._looks = looks
        self._letters = [get_column_letter(at + 1) for at in range(len(columns))]
        self._totals = [_TOTALS.get(one.total, 0) for one in columns]
        # Where the rows of each open group begin, by its level.
        self._begun: dict[int, int] = {}
        self._rows: list[str] = []
        self._merged: list[str] = []
        # Style numbers by column, kind of row and type of value: as few as there are looks.
        self._styles: dict[tuple[int, str, type], int] = {}
        self._taken = [0] * len(columns)
        self._spanned = spanned
        self.count = 0

    def begin(self, widths: list[float], *, frozen: bool, rtl: bool) -> None:
        """Write what stands before the rows."""
        right = 'rightToLeft="1" ' if rtl else ""
        view = f'<sheetView {right}workbookViewId="0">'
        columns = "".join(
            f'<col min="{at}" max="{at}" width="{width:g}" customWidth="1"/>'
            for at, width in enumerate(widths, start=1)
        )
        self._write(
            f"{_HEAD}<sheetViews>{view}{_FROZEN if frozen else ''}</sheetView></sheetViews>"
            f'<sheetFormatPr baseColWidth="8" defaultRowHeight="15"/><cols>{columns}</cols>'
            "<sheetData>".encode()
        )

    def add(self, row: parts.Row, kind: str = "") -> None:
        """Write a row."""
        kind = kind or row.kind
        self.count = number = self.count + 1
        if kind == "group":
            self._begun[row.level] = number + 1
        cells = []
        letters = self._letters
        for at, cell in parts.placed(row, self._taken) if self._spanned else _plain(row):
            value = plain_value(cell, cell.value)
            if value is not None or kind != "body":
                key = (at, kind, type(value))
                style = self._styles.get(key)
                if style is None:
                    style = self._styles[key] = self._looks.number(
                        self._looks.of(cell, kind, value)
                    )
                start = f'<c r="{letters[at]}{number}" s="{style}"'
                live = self._totals[at] if kind in _CLOSING and isinstance(value, Decimal) else 0
                if live:
                    first = self._begun.get(row.level, 2) if kind == "subtotal" else 2
                    ranged = f"{letters[at]}{first}:{letters[at]}{number - 1}"
                    cells.append(f"{start}><f>SUBTOTAL({live},{ranged})</f><v>{value}</v></c>")
                else:
                    cells.append(_cell(start, value))
            if cell.across > 1 or cell.down > 1:
                end = letters[at + cell.across - 1]
                self._merged.append(f"{letters[at]}{number}:{end}{number + cell.down - 1}")
        self._rows.append(f'<row r="{number}">{"".join(cells)}</row>')
        if len(self._rows) == _FLUSHED_AT:
            self._flush()

    def end(self, *, filtered: int, wide: bool, drawn: bool) -> None:
        """Write what stands after the rows; the first `filtered` of them have a filter.

        Printed, it is as wide as the paper. `drawn` names the chart that stands on it.
        """
        self._flush()
        tail = "</sheetData>"
        if filtered:
            tail += f'<autoFilter ref="A1:{self._letters[-1]}{filtered}"/>'
        if self._merged:
            merged = "".join(f'<mergeCell ref="{one}"/>' for one in self._merged)
            tail += f'<mergeCells count="{len(self._merged)}">{merged}</mergeCells>'
        side = "landscape" if wide else "portrait"
        tail += f'<pageSetup orientation="{side}" fitToHeight="0"/>'
        if drawn:
            tail += '<drawing r:id="rId1"/>'
        self._write(f"{tail}</worksheet>".encode())

    def _flush(self) -> None:
        self._write("".join(self._rows).encode())
        self._rows.clear()


def _plain(row: parts.Row) -> Iterator[tuple[int, parts.Cell]]:
    at = 0
    for cell in row.cells:
        yield at, cell
        at += cell.across


def _serial(value: dt.date) -> float:
    found: float = to_excel(value)  # type: ignore[no-untyped-call]  # openpyxl's
    return found


def _cell(start: str, value: Plain) -> str:
    if isinstance(value, str):
        shown = (
            escape(value, quote=False) if "&" in value or "<" in value or ">" in value else value
        )
        space = ' xml:space="preserve"' if value != value.strip() or "\n" in value else ""
        return f'{start} t="inlineStr"><is><t{space}>{shown}</t></is></c>'
    if isinstance(value, bool):
        return f'{start} t="b"><v>{value:d}</v></c>'
    if isinstance(value, Decimal):
        return f"{start}><v>{value}</v></c>"
    if isinstance(value, dt.date):
        return f"{start}><v>{_serial(value):.16g}</v></c>"
    return f"{start}/>"
