"""Rows of data become rows of a table, with titles and totals of groups, one at a time."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from apps.documents.domain.evaluation.filling import Filler
from apps.documents.domain.evaluation.parts import Cell, Column, Row, RowKind, Table
from apps.documents.domain.findings import stop
from apps.documents.domain.model import blocks
from apps.documents.domain.model.blocks import Align
from apps.documents.domain.model.formats import NUMBERS, TEXT, Format
from apps.documents.domain.model.texts import Expression, Span, Spans
from contracts.expressions.values import ARITHMETIC, Value, kind

_COUNTS = Format("number", 0)


def fill_table(table: blocks.Table, filler: Filler, count: Callable[[str], None]) -> Table:
    """Return a table whose rows are made while they are taken; `count` is told of each."""
    columns = tuple(
        Column(
            filler.spans(one.title),
            one.width,
            _aligned(one.align, one.format),
            one.format,
            one.total,
        )
        for one in table.columns
    )
    rows = _Rows(table, columns, filler, count)
    return Table(
        columns,
        rows.of_data(table.over) if table.over else rows.written(),
        filler.spans(table.caption),
        table.header and any(column.title for column in columns),
        table.stripes,
        table.wrap,
        any(cell.down > 1 for row in table.rows for cell in row),
        table.place,
        table.lines,
    )


def _aligned(align: Align | None, format: Format) -> Align:
    return align or ("end" if format.kind in NUMBERS else "start")


class _Sum:
    """What the total of one column has come to."""

    __slots__ = ("count", "kind", "value")

    def __init__(self, kind: blocks.Total) -> None:
        self.kind = kind
        self.count = 0
        self.value: Decimal | None = None

    def add(self, value: Value, place: str) -> None:
        if value is None:
            return
        self.count += 1
        if self.kind == "count":
            return
        if not isinstance(value, Decimal):
            stop(place, "type", f"a {self.kind} takes numbers, found a {kind(value)}", "table")
        if self.value is None:
            self.value = value
        elif self.kind == "min":
            self.value = min(self.value, value)
        elif self.kind == "max":
            self.value = max(self.value, value)
        else:
            self.value = ARITHMETIC.add(self.value, value)

    def result(self) -> Decimal | None:
        if self.kind == "count":
            return Decimal(self.count)
        if self.kind == "sum":
            return self.value or Decimal(0)
        if self.kind == "avg" and self.value is not None:
            return ARITHMETIC.divide(self.value, Decimal(self.count))
        return self.value


class _Rows:
    def __init__(
        self,
        table: blocks.Table,
        columns: tuple[Column, ...],
        filler: Filler,
        count: Callable[[str], None],
    ) -> None:
        self.table = table
        self.columns = columns
        self.filler = filler
        self.count = count
        self.body = [
            (given.value, given.format, column.align)
            for given, column in zip(table.columns, columns, strict=True)
            if given.value is not None
        ]
        self.totalled = [at for at, one in enumerate(table.columns) if one.total]

    def written(self) -> Iterator[Row]:
        """Yield rows that the template has written out."""
        for row in self.table.rows:
            self.count(self.table.place)
            yield Row("body", tuple(self._cell(cell) for cell in row))

    def _cell(self, cell: blocks.Cell) -> Cell:
        align = _aligned(cell.align, cell.format)
        if cell.value is None:
            spans = self.filler.spans(cell.text)
            text = "".join(span.text for span in spans)
            return Cell(spans, text, TEXT, align, cell.across, cell.down)
        shown, value = self.filler.cell(cell.value, cell.format)
        return Cell((Span(shown),), value, cell.format, align, cell.across, cell.down)

    def of_data(self, over: Expression) -> Iterator[Row]:
        """Yield rows of data, a title before each group, its totals after it."""
        groups = self.table.groups
        sums = [self._sums() for _ in range(len(groups) + 1)]
        keys: list[Value] = []
        titles: list[Spans] = []
        empty = True
        for _ in self.filler.each(over, self.table.name):
            empty = False
            self.count(self.table.place)
            found = [self.filler.value(group.by) for group in groups]
            if found != keys or not titles:
                changed = next((at for at, key in enumerate(keys) if key != found[at]), 0)
                yield from self._closed(titles, sums, changed)
                titles[changed:] = [self.filler.spans(one.title) for one in groups[changed:]]
                keys = found
                for level in range(changed, len(groups)):
                    yield self._across("group", titles[level], level)
            row = self._body()
            for level_sums in sums if self.totalled else ():
                for at, total in level_sums.items():
                    total.add(row.cells[at].value, self.table.place)
            yield row
        yield from self._closed(titles, sums, 0)
        if self.totalled and not empty:
            yield self._totals("total", self.filler.spans(self.table.totals), sums[0], 0)
        if self.table.empty and empty:
            yield self._across("note", self.filler.spans(self.table.empty), 0)

    def _sums(self) -> dict[int, _Sum]:
        return {at: _Sum(self.table.columns[at].total) for at in self.totalled}

    def _body(self) -> Row:
        filled = self.filler.cell
        cells = []
        for expression, shape, align in self.body:
            text, value = filled(expression, shape)
            cells.append(Cell((Span(text),), value, shape, align))
        return Row("body", tuple(cells))

    def _closed(
        self, titles: Sequence[Spans], sums: list[dict[int, _Sum]], changed: int
    ) -> Iterator[Row]:
        """Yield the totals of the groups that have ended, the innermost first."""
        for level in reversed(range(changed, len(titles))):
            if self.totalled and self.table.groups[level].totals:
                yield self._totals("subtotal", titles[level], sums[level + 1], level)
            sums[level + 1] = self._sums()

    def _across(self, kind: RowKind, text: Spans, level: int) -> Row:
        words = "".join(span.text for span in text)
        cell = Cell(text, words, TEXT, "start", across=len(self.columns))
        return Row(kind, (cell,), level)

    def _totals(self, kind: RowKind, label: Spans, sums: dict[int, _Sum], level: int) -> Row:
        cells = []
        for at, (given, column) in enumerate(zip(self.table.columns, self.columns, strict=True)):
            if at not in sums:
                text = label
                label = ()
                words = "".join(span.text for span in text)
                cells.append(Cell(text, words or None, TEXT, column.align))
                continue
            value = sums[at].result()
            shape = _COUNTS if given.total == "count" else given.format
            assert given.value is not None  # noqa: S101  # nosec B101  # the parser saw to it
            shown = "" if value is None else self.filler.formatted(value, shape, given.value)
            cells.append(Cell((Span(shown),), value, shape, column.align))
        return Row(kind, tuple(cells), level)
