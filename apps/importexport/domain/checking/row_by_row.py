"""Checking in Python, row after row: for small files, for SQLite, and what polars has to equal."""

from typing import Any

import polars

from apps.importexport.domain.checking.frames import PLACE, ROW, TYPES
from apps.importexport.domain.checking.plans import Plan, Prepared, prepared
from apps.importexport.domain.checking.problems import Checked, Checker, Refusal, in_order
from apps.importexport.domain.checking.splitting import records
from apps.importexport.domain.formats.empty_texts import Cells
from apps.importexport.domain.problems import RefusedError
from contracts.formulas import unguarded


def row_by_row(plan: Plan) -> Checker:
    """Return what checks chunks in Python; raises PlanError."""
    return _RowByRow(prepared(plan))


class _RowByRow:
    def __init__(self, plan: Prepared) -> None:
        self.plan = plan

    def check(self, data: bytes) -> Checked:
        found = records(data, self.plan.shape)
        refused, rows, good = found.refused, [], []
        for row, cells in zip(found.places, found.cells, strict=True):
            wrong = len(refused)
            values = self._values(row, cells, refused)
            if wrong == len(refused):
                rows.append(row)
                good.append(values)
        return Checked(
            rows=found.total,
            blank=found.blank,
            good=self._frame(rows, good),
            problems=in_order(refused, found.lines),
        )

    def _values(self, row: int, cells: Cells, refused: list[Refusal]) -> dict[str, Any]:
        by_header = dict(zip(self.plan.columns, cells, strict=True))
        read = by_header
        if self.plan.guarded:
            read = {name: text and unguarded(text) for name, text in by_header.items()}
        values: dict[str, Any] = {}
        wrong = len(refused)
        for mapped in self.plan.mapped:
            name, text = mapped.column.field, by_header.get(mapped.column.source) or ""
            try:
                text_of_field = mapped.column.text(read)
                values[name] = mapped.check.value(text_of_field)
            except RefusedError as error:
                refused.append(mapped.refusal(row, text, error.bare()))
        if wrong == len(refused):
            self._ask_rules(row, by_header, values, refused)
        return values

    def _ask_rules(
        self,
        row: int,
        by_header: dict[str, str | None],
        values: dict[str, Any],
        refused: list[Refusal],
    ) -> None:
        for rule in self.plan.rules:
            try:
                rule.check(values)
            except RefusedError as error:
                first = self.plan.place(rule.names[0])
                text = by_header.get(first.column.source) or ""
                refused.append(first.refusal(row, text, error.bare()))

    def _frame(self, rows: list[int], good: list[dict[str, Any]]) -> polars.DataFrame:
        columns = [polars.Series(PLACE, rows, ROW)]
        for mapped in self.plan.mapped:
            name, kind = mapped.column.field, mapped.check.field.kind
            columns.append(polars.Series(name, [one[name] for one in good], TYPES[kind]))
        return polars.DataFrame(columns)
