"""How a cell of a document looks in a workbook, and what its value is there."""

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from babel.numbers import get_currency_precision, get_currency_symbol
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.workbook import Workbook

from apps.documents.domain.evaluation import parts
from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.model.blocks import Align, Theme
from apps.documents.domain.model.formats import Format
from contracts.expressions.values import Value

Plain: TypeAlias = str | bool | Decimal | dt.date | dt.datetime | None

_SIDES: dict[Align, str] = {"start": "left", "center": "center", "end": "right"}
_TEXT = "@"
_DIGITS = re.compile(r"[#,0][#,.0]*")
_WIDTHS = frozenset(("", "short", "medium", "long", "full"))
_OTHER_LETTERS = re.compile(r"[^yMdHms .,:/-]")


@dataclass(frozen=True, slots=True)
class Look:
    """What the style of a cell depends on."""

    number_format: str
    align: Align
    kind: str


class Looks:
    """The styles of one workbook, each made once."""

    def __init__(self, book: Workbook, theme: Theme, locale: Locale, family: str = "") -> None:
        self._book = book
        self._locale = locale
        self._made: dict[Look, Any] = {}
        thin, thick = Side("thin", "d1d5db"), Side("medium", theme.accent[1:])
        self._plain = Font(name=family, size=11) if family else None
        self._bold = Font(name=family or "Calibri", size=11, bold=True)
        self._fill = PatternFill("solid", theme.stripe[1:])
        self._borders = {"head": Border(bottom=thick), "total": Border(top=thick)}
        self._thin = Border(bottom=thin)

    def cell(self, look: Look) -> Any:
        """Return a cell of openpyxl's in a style; its value is for the caller to set."""
        if look not in self._made:
            self._made[look] = self._cell(look)
        return self._made[look]

    def number(self, look: Look) -> int:
        """Return the number of a style in the workbook."""
        found: int = self.cell(look).style_id
        return found

    def _cell(self, look: Look) -> Any:
        cell: Any = WriteOnlyCell(self._book.worksheets[0])
        cell.number_format = look.number_format
        cell.alignment = Alignment(horizontal=_SIDES.get(look.align, "left"), vertical="top")
        cell.border = self._borders.get(look.kind, self._thin)
        if look.kind not in ("body", "note"):
            cell.font = self._bold
        elif self._plain:
            cell.font = self._plain
        if look.kind == "group":
            cell.fill = self._fill
        return cell

    def of(self, cell: parts.Cell, kind: str, value: Plain) -> Look:
        """Return the look of a cell by its format and its value."""
        return Look(self._code(cell.format, value), cell.align, kind)

    def _code(self, format: Format, value: Plain) -> str:
        if isinstance(value, dt.datetime):
            return _excel_date(format.argument) or "yyyy-mm-dd hh:mm"
        if isinstance(value, dt.date):
            return _excel_date(format.argument) or "yyyy-mm-dd"
        if not isinstance(value, Decimal):
            return _TEXT if isinstance(value, str) else "General"
        digits = format.digits
        if format.kind == "currency":
            currency = format.argument or self._locale.currency
            digits = get_currency_precision(currency)
            symbol = get_currency_symbol(currency, self._locale.babel).replace('"', "")
            # Before or after the number, as the locale has it.
            shape = self._locale.babel.currency_formats["standard"].pattern.split(";")[0]
            shape = _DIGITS.sub(lambda _: _grouped(digits), shape).replace("\u00a0", "\\ ")
            return shape.replace("\u00a4", f'"{symbol}"')
        if format.kind == "percent":
            return f"0.{'0' * digits}%" if digits > 0 else "0%"
        return "General" if format.kind != "number" or digits < 0 else _grouped(digits)


def _excel_date(pattern: str) -> str:
    """Return a pattern of the CLDR as Excel writes it, or nothing where it has no such letters."""
    if pattern in _WIDTHS or _OTHER_LETTERS.search(pattern):
        return ""
    pattern = re.sub("y+", "yyyy", pattern).replace("H", "h").replace("E", "d")
    return pattern.replace("M", "m")


def _grouped(digits: int) -> str:
    return "#,##0." + "0" * digits if digits else "#,##0"


def plain_value(cell: parts.Cell, value: Value) -> Plain:
    """Return what a workbook holds of a value: moments lose their zone, as they are shown."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    if value is None or isinstance(value, str | bool | Decimal | dt.date):
        return value
    return "".join(span.text for span in cell.text)
