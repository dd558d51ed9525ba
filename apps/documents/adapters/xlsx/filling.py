"""One sheet of a template gets its values, and its rows the places that loops give them."""

import datetime as dt
from collections.abc import Iterator, Mapping
from copy import copy
from decimal import Decimal
from typing import Any

from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.worksheet.cell_range import MultiCellRange

from apps.documents.adapters.xlsx.moving import Moves, Turn, moved_formula
from apps.documents.adapters.xlsx.placeholders import Loop, Parts, Sheet, loops_of, place_of
from apps.documents.domain.evaluation.filling import Filler
from apps.documents.domain.findings import stop
from apps.documents.domain.model.formats import TEXT
from apps.documents.domain.model.texts import Expression
from contracts.expressions.values import number_text

#: Of a workbook: openpyxl holds an object for each cell.
MOST_ROWS = 100_000


class SheetFiller:
    """Fills a sheet of openpyxl's; `moves` is set when it has loops."""

    def __init__(self, worksheet: Any, sheet: Sheet, filler: Filler) -> None:
        self.worksheet = worksheet
        self.sheet = sheet
        self.filler = filler
        self.moves: Moves | None = None
        self._turns: dict[int, Turn] = {}

    def fill(self) -> None:
        """Put in the values; formulas are as they were until `follow`."""
        if not self.sheet.loops:
            for (row, column), parts in self.sheet.cells.items():
                self._put(self.worksheet.cell(row, column), parts, row)
            return
        worksheet = self.worksheet
        areas = [area.bounds for area in worksheet.merged_cells.ranges]
        for area in [str(area) for area in worksheet.merged_cells.ranges]:
            worksheet.unmerge_cells(area)
        # See `_sheets`: only what is there.
        given: dict[int, list[Any]] = {}
        for (row, _), cell in sorted(worksheet._cells.items()):  # noqa: SLF001
            given.setdefault(row, []).append(cell)
        heights = {row: copy(one) for row, one in worksheet.row_dimensions.items()}
        worksheet.delete_rows(1, max(given, default=0))
        worksheet.row_dimensions.clear()
        self.moves = moves = Moves()
        for row, turn, empty in self._rows(1, max(given, default=0), (), ()):
            made = moves.add(row, turn)
            self._turns[made] = turn
            if made > MOST_ROWS:
                stop(
                    f"/{self.sheet.title}",
                    "size",
                    f"a workbook has at most {MOST_ROWS} rows",
                    "cell",
                )
            self._row(given.get(row, []), made, row, empty=empty)
            if row in heights:
                self._height(heights[row], made)
        self._merge(areas)

    def _rows(
        self, first: int, last: int, around: tuple[Loop, ...], turn: Turn
    ) -> Iterator[tuple[int, Turn, bool]]:
        """Yield rows of the template in the order in which they are made, names of loops set."""
        row = first
        while row <= last:
            inner = [
                loop
                for loop in loops_of(self.sheet, row)
                if loop.first == row and loop not in around
            ]
            if not inner:
                yield row, turn, False
                row += 1
                continue
            loop = inner[0]
            number = 0
            for _ in self.filler.each(loop.over, loop.name):
                number += 1
                inside = (*turn, ((loop.first, loop.last), number))
                yield from self._rows(loop.first, loop.last, (*around, loop), inside)
            if not number:
                # Formulas that mean these rows go on meaning some.
                yield from ((one, turn, True) for one in range(loop.first, loop.last + 1))
            row = loop.last + 1

    def _row(self, cells: list[Any], made: int, row: int, *, empty: bool) -> None:
        for given in cells:
            cell = self.worksheet.cell(made, given.column)
            if given.has_style:
                # There is no other way to copy a style as a whole.
                cell._style = copy(given._style)  # noqa: SLF001
            if given.hyperlink is not None:
                cell.hyperlink = given.hyperlink.target or f"#{given.hyperlink.location}"
            if given.comment is not None:
                cell.comment = copy(given.comment)
            parts = self.sheet.cells.get((row, given.column))
            if parts is None:
                cell.value = given.value
                if given.data_type == "s":
                    cell.data_type = "s"
            elif empty:
                cell.value = None
            else:
                self._put(cell, parts, row)

    def _put(self, cell: Any, parts: Parts, row: int) -> None:
        if len(parts) == 1 and isinstance(parts[0], Expression):
            _, value = self.filler.cell(parts[0], TEXT)
            if isinstance(value, list | tuple | Mapping):
                place = place_of(self.sheet.title, row, cell.column)
                stop(place, "type", "a list is no value: name a field of it, or `join` it", "cell")
            self._value(cell, value)
        elif isinstance(parts[0], str) and parts[0].startswith("="):
            cell.value = "".join(self._factor(part, row, cell.column) for part in parts)
        else:
            text = "".join(
                part if isinstance(part, str) else self.filler.shown(part) for part in parts
            )
            self._value(cell, text or None)

    def _value(self, cell: Any, value: Any) -> None:
        if isinstance(value, dt.datetime):
            value = self.filler.locale.local(value).replace(tzinfo=None)
        shown_as = cell.number_format
        cell.value = value
        if isinstance(value, str):
            # A text that begins with `=` stays a text.
            cell.data_type = "s"
        elif isinstance(value, dt.date) and shown_as != "General":
            # openpyxl gives dates its own format.
            cell.number_format = shown_as

    def _factor(self, part: str | Expression, row: int, column: int) -> str:
        if isinstance(part, str):
            return part
        value = self.filler.value(part)
        if not isinstance(value, Decimal):
            place = place_of(self.sheet.title, row, column)
            stop(place, "type", "within a formula only numbers are put in", "cell")
        return number_text(value)

    def _height(self, given: Any, made: int) -> None:
        dimension = self.worksheet.row_dimensions[made]
        dimension.height = given.height
        dimension.hidden = given.hidden
        dimension.outlineLevel = given.outlineLevel

    def _merge(self, areas: list[tuple[int, int, int, int]]) -> None:
        assert self.moves is not None  # noqa: S101  # nosec B101  # only with loops
        for left, top, right, bottom in areas:
            for first, turn in self.moves.made.get(top, ()):
                last = self.moves.of(bottom, turn)[1]
                self.worksheet.merge_cells(
                    start_row=first, start_column=left, end_row=last, end_column=right
                )

    def follow(self, moves: Mapping[str, Moves]) -> None:
        """Let formulas, and what else names cells, follow the rows of all sheets."""
        worksheet, title = self.worksheet, self.sheet.title
        for (row, _), cell in worksheet._cells.items():  # noqa: SLF001  # as above
            if cell.data_type == "f" and isinstance(cell.value, str):
                turn = self._turns.get(row, ())
                cell.value = moved_formula(cell.value, title, moves, turn)
        self._charts_follow(moves)
        if self.moves is not None:
            self._areas_follow(self.moves, moves)

    def _areas_follow(self, own: Moves, moves: Mapping[str, Moves]) -> None:
        worksheet = self.worksheet
        worksheet.conditional_formatting = self._conditions(own, moves)
        for check in worksheet.data_validations.dataValidation:
            check.sqref = MultiCellRange(own.area(str(check.sqref)))
        if worksheet.auto_filter.ref:
            worksheet.auto_filter.ref = own.area(worksheet.auto_filter.ref)
        for table in worksheet.tables.values():
            table.ref = own.area(table.ref)
            if table.autoFilter is not None:
                table.autoFilter.ref = own.area(table.autoFilter.ref)
        if worksheet.print_area:
            worksheet.print_area = own.area(worksheet.print_area.rpartition("!")[2])
        # Of these openpyxl has no other list.
        for drawn in (*worksheet._images, *worksheet._charts):  # noqa: SLF001
            for marker in (getattr(drawn.anchor, "_from", None), getattr(drawn.anchor, "to", None)):
                if marker is not None:
                    marker.row = own.of(marker.row + 1)[0] - 1

    def _conditions(self, own: Moves, moves: Mapping[str, Moves]) -> ConditionalFormattingList:
        found = ConditionalFormattingList()
        for one in self.worksheet.conditional_formatting:
            area = own.area(str(one.sqref))
            first = MultiCellRange(area).sorted()[0].min_row if area else 1
            for rule in one.rules:
                rule.formula = [
                    moved_formula(
                        f"={formula}", self.sheet.title, moves, self._turns.get(first, ())
                    )[1:]
                    for formula in rule.formula
                ]
                found.add(area, rule)
        return found

    def _charts_follow(self, moves: Mapping[str, Moves]) -> None:
        for chart in self.worksheet._charts:  # noqa: SLF001  # as above
            for series in chart.series:
                for name in ("val", "cat", "xVal", "yVal", "tx", "bubbleSize"):
                    source = getattr(series, name, None)
                    for kind in ("numRef", "strRef"):
                        reference = getattr(source, kind, None)
                        if reference is not None:
                            told = moved_formula(f"={reference.f}", self.sheet.title, moves)
                            reference.f = told[1:]
