"""Placeholders in the cells of a workbook that somebody made: `{{ expression }}`, and loops.

`{{ each line in lines }}` at the beginning of a cell repeats its row, `{{ each line in lines for 3
rows }}` that and the two below; loops may stand within loops.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from openpyxl.cell.cell import MergedCell
from openpyxl.utils import get_column_letter

from apps.documents.domain.expressions.compiling import compile_expression
from apps.documents.domain.findings import Finding, under
from apps.documents.domain.limits import DEFAULT
from apps.documents.domain.model.texts import Expression
from contracts.expressions.errors import ExpressionError
from contracts.expressions.nodes import Node
from contracts.expressions.parsing import parse_expression, parse_placeholder

_EACH = re.compile(
    r"\s*\{\{\s*each\s+(?P<name>[^\W\d]\w{0,39})\s+in\s+(?P<over>.+?)"
    r"(?:\s+for\s+(?P<rows>\d{1,4})\s+rows?)?\s*\}\}\s*",
    re.ASCII | re.DOTALL,
)
_MOST_NESTED = 4
#: Of a sheet with loops, whose rows are moved.
MOST_ROWS = 20_000

Parts: TypeAlias = tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """Rows that are there once for each item."""

    first: int
    last: int
    name: str
    over: Expression


@dataclass(slots=True)
class Sheet:
    """What is to be filled in one sheet, and what is wrong with it."""

    title: str
    loops: list[Loop] = field(default_factory=list)
    #: By row and column; of cells without placeholders there is nothing.
    cells: dict[tuple[int, int], Parts] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def note(self, row: int, column: int, message: str, **more: Any) -> None:
        """Note a mistake in a cell."""
        place = place_of(self.title, row, column)
        if len(self.findings) < 100:
            self.findings.append(
                Finding(place, more.pop("code", "syntax"), message, "cell", **more)
            )


def place_of(title: str, row: int, column: int) -> str:
    """Return where a cell is: `/Sheet/B7`."""
    return under("", title, f"{get_column_letter(column)}{row}")


def read_sheet(title: str, cells: Mapping[tuple[int, int], Any]) -> Sheet:
    """Return the placeholders of a sheet; whatever is wrong with them is among its findings."""
    sheet = Sheet(title)
    texts: dict[tuple[int, int], str] = {}
    for (row, column), cell in sorted(cells.items()):
        if isinstance(cell, MergedCell) or not isinstance(cell.value, str):
            continue
        if "{{" in cell.value:
            if len(cell.value) > DEFAULT.text_length:
                sheet.note(row, column, f"at most {DEFAULT.text_length} characters", code="size")
                continue
            texts[row, column] = _without_loop(sheet, row, column, cell.value)
    _check_loops(sheet, max((row for row, _ in cells), default=0))
    for (row, column), text in texts.items():
        names = frozenset(loop.name for loop in loops_of(sheet, row))
        if parts := _parts(sheet, row, column, text, names):
            sheet.cells[row, column] = parts
    return sheet


def loops_of(sheet: Sheet, row: int) -> list[Loop]:
    """Return the loops that a row is in, the outermost first."""
    found = [loop for loop in sheet.loops if loop.first <= row <= loop.last]
    return sorted(found, key=lambda loop: (loop.first, -loop.last))


def _without_loop(sheet: Sheet, row: int, column: int, text: str) -> str:
    found = _EACH.match(text)
    if found is None:
        return text
    rows = int(found["rows"] or 1)
    names = frozenset(loop.name for loop in sheet.loops if loop.first <= row <= loop.last)
    try:
        node = parse_expression(found["over"])
    except ExpressionError as error:
        sheet.note(row, column, error.message, expression=found["over"], at=error.at)
        return text[found.end() :]
    over = _expression(sheet, row, column, found["over"], node, names, 0)
    if rows < 1:
        sheet.note(row, column, "a loop has at least one row")
    elif over is not None:
        sheet.loops.append(Loop(row, row + rows - 1, found["name"], over))
    return text[found.end() :]


def _check_loops(sheet: Sheet, most: int) -> None:
    if sheet.loops and most > MOST_ROWS:
        sheet.note(most, 1, f"a sheet with loops has at most {MOST_ROWS} rows", code="size")
    for loop in sheet.loops:
        around = loops_of(sheet, loop.first)
        if len(around) > _MOST_NESTED:
            sheet.note(loop.first, 1, f"loops stand at most {_MOST_NESTED} deep", code="loop")
        for other in around:
            if other is not loop and other.first == loop.first and other.last == loop.last:
                sheet.note(loop.first, 1, "two loops repeat the same rows", code="loop")
            if other.last < loop.last and other.first <= loop.first:
                message = f"a loop reaches beyond the rows of `{other.name}`, which it stands in"
                sheet.note(loop.first, 1, message, code="loop")


def _parts(sheet: Sheet, row: int, column: int, text: str, names: frozenset[str]) -> Parts:
    parts: list[str | Expression] = []
    end = 0
    while (start := text.find("{{", end)) >= 0:
        if start > end:
            parts.append(text[end:start])
        try:
            node, after = parse_placeholder(text, start + 2)
        except ExpressionError as error:
            sheet.note(row, column, error.message, expression=text, at=error.at)
            return ()
        source = text[start + 2 : after - 2]
        found = _expression(sheet, row, column, source, node, names, start + 2)
        if found is None:
            return ()
        parts.append(found)
        end = after
    if end < len(text):
        parts.append(text[end:])
    return tuple(parts) or ("",)


def _expression(
    sheet: Sheet,
    row: int,
    column: int,
    source: str,
    node: Node,
    names: frozenset[str],
    offset: int,
) -> Expression | None:
    try:
        evaluate = compile_expression(node, names)
    except ExpressionError as error:
        sheet.note(row, column, error.message, expression=source, at=max(error.at - offset, 0))
        return None
    place = place_of(sheet.title, row, column)
    return Expression(source, place, "cell", node, evaluate, names, offset)
