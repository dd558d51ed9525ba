"""The table of a template, read."""

from collections.abc import Mapping
from typing import Any

from apps.documents.domain.model.blocks import Align, Cell, Column, Group, Table, Total
from apps.documents.domain.model.formats import NUMBERS, TEXT, Format, parse_format
from apps.documents.domain.model.reading import Reader
from apps.documents.domain.model.runs import needed_text, read_text

ALIGNS: tuple[Align, ...] = ("start", "center", "end")
_TOTALS: tuple[Total, ...] = ("", "sum", "avg", "min", "max", "count")
_MOST_GROUPS = 5
_MOST_ROWS = 2_000


def read_table(reader: Reader) -> Table:
    """Return a table; what is wrong with it is noted."""
    name = reader.name("as", "row")
    inner = reader.names | {name}
    over = reader.expression("over")
    columns = tuple(
        _column(Reader(given, place, "table", reader.notes, reader.names), inner, over is not None)
        for given, place in reader.objects("columns", reader.notes.limits.columns)
    )
    if not columns:
        reader.refuse("columns", "missing", "a table has at least one column")
    table = Table(
        reader.place,
        columns,
        over,
        name,
        tuple(
            _group(Reader(given, place, "table", reader.notes, inner))
            for given, place in reader.objects("groups", _MOST_GROUPS)
        ),
        _rows(reader, len(columns)),
        caption=read_text(reader, "caption"),
        empty=read_text(reader, "empty"),
        totals=read_text(reader, "totals"),
        header=reader.flag("header", True),
        stripes=reader.flag("stripes"),
        wrap=reader.flag("wrap", True),
        lines=reader.flag("lines", True),
    )
    if over is None and not table.rows:
        reader.refuse("", "missing", "a table has `over`, rows of data, or `rows` written out")
    if over is not None and table.rows:
        reader.refuse("rows", "both", "a table has `over` or `rows`, not both")
    if table.groups and over is None:
        reader.refuse("groups", "unused", "only rows of data (`over`) are grouped")
    return table


def _column(reader: Reader, names: frozenset[str], filled: bool) -> Column:
    value = reader.needed("value", names=names) if filled else None
    column = Column(
        read_text(reader, "title"),
        value,
        reader.number("width", 1, 2_000),
        _align(reader),
        _format(reader),
        reader.choice("total", _TOTALS, ""),
    )
    if column.total in ("sum", "avg") and column.format.kind not in NUMBERS:
        reader.refuse("total", "format", f"a {column.total} needs a format of numbers")
    reader.finish()
    return column


def _align(reader: Reader) -> Align | None:
    return reader.choice("align", ALIGNS, "start") if "align" in reader.given else None


def _format(reader: Reader) -> Format:
    written = reader.string("format", 80)
    if not written:
        return TEXT
    try:
        return parse_format(written)
    except ValueError as error:
        reader.refuse("format", "format", str(error))
        return TEXT


def _group(reader: Reader) -> Group:
    group = Group(reader.needed("by"), needed_text(reader, "title"), reader.flag("totals", True))
    reader.finish()
    return group


def _rows(reader: Reader, columns: int) -> tuple[tuple[Cell, ...], ...]:
    rows = []
    # Cells that reach down from rows above, as how many rows are left in each column.
    taken = [0] * columns
    for value, place in reader.values("rows", _MOST_ROWS):
        if not isinstance(value, list):
            reader.notes.add(place, "type", "a row is a list of cells", "table")
            continue
        row = tuple(
            _cell(reader, one, f"{place}/{at}") for at, one in enumerate(value[: columns + 1])
        )
        if problem := _laid(row, taken):
            reader.notes.add(
                place, "cells", f"{problem} (the table has {columns} columns)", "table"
            )
        reader.notes.cells += len(row)
        rows.append(row)
    if any(taken):
        reader.refuse("rows", "cells", "a cell reaches below the last row")
    if reader.notes.cells > reader.notes.limits.cells:
        reader.refuse("rows", "size", f"at most {reader.notes.limits.cells} cells written out")
    return tuple(rows)


def _cell(reader: Reader, value: Any, place: str) -> Cell:
    if not isinstance(value, Mapping):
        value = {"text": value}
        place_of_text = place
    else:
        place_of_text = ""
    inner = Reader(value, place_of_text or place, "table", reader.notes, reader.names)
    cell = Cell(
        read_text(inner, "text"),
        inner.expression("value"),
        _format(inner),
        inner.whole("across", 1, 100, 1),
        inner.whole("down", 1, 1_000, 1),
        _align(inner),
    )
    inner.finish()
    return cell


def _laid(row: tuple[Cell, ...], taken: list[int]) -> str:
    """Lay a row's cells beside those that reach down to it; returns what does not fit."""
    at = 0
    fresh = [0] * len(taken)
    for cell in row:
        while at < len(taken) and taken[at]:
            at += 1
        end = at + cell.across
        if end > len(taken):
            return "too many cells"
        if any(taken[at:end]):
            return "a cell meets one that reaches down from above"
        fresh[at:end] = [cell.down] * cell.across
        at = end
    if any(not new and not old for new, old in zip(fresh, taken, strict=True)):
        return "too few cells"
    taken[:] = [(new or old) - 1 for new, old in zip(fresh, taken, strict=True)]
    return ""
