"""Checking a chunk column after column by polars, with what Python would say of every cell.

Each column is typed and judged as a whole; cells that are not surely right go to the definition in
`scalars` and `fields` one by one, which types them or says what is wrong. A chunk is some 2 MB: a
few thousand cells that are not sure cost little, and a chunk full of them what `row_by_row` costs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import polars

from apps.importexport.domain.checking.frames import PLACE
from apps.importexport.domain.checking.kinds import typing_of
from apps.importexport.domain.checking.plans import Mapped, Plan, Prepared, prepared
from apps.importexport.domain.checking.problems import Checked, Checker, Refusal, in_order
from apps.importexport.domain.checking.rules import Bound
from apps.importexport.domain.checking.tables import Table, Tables, nothing_for_empty
from apps.importexport.domain.checking.texts import Texts, texts_of, without_guard
from apps.importexport.domain.problems import RefusedError
from contracts.datasets import Kind


def vectorised(plan: Plan) -> Checker:
    """Return what checks chunks by polars; raises PlanError."""
    return _Vectorised(prepared(plan))


#: Rows, and the texts that they have.
_Asked: TypeAlias = tuple[list[int], list[str | None]]


@dataclass(slots=True)
class _Judging:
    """A chunk being checked: what was refused, and which rows of the frame with it."""

    plan: Prepared
    table: Table
    refused: list[Refusal]
    wrong: set[int]

    def refuse(self, mapped: Mapped, errors: Mapping[int, RefusedError]) -> None:
        """Note what was wrong with a field, by rows, with the values that the file has."""
        rows, source = list(errors), mapped.column.source
        if not rows:
            return
        values: list[str | None] = [None] * len(rows)
        if source:
            column = self.table.frame.to_series(self.plan.columns.index(source))
            values = [column[row] for row in rows]
        places = [self.table.places[row] for row in rows]
        self.refused += [
            mapped.refusal(place, value or "", error)
            for place, value, error in zip(places, values, errors.values(), strict=True)
        ]
        self.wrong.update(rows)


class _Vectorised:
    def __init__(self, plan: Prepared) -> None:
        self.plan = plan
        self.tables = Tables(plan.shape)
        self.typings = [typing_of(one.check) for one in plan.mapped]
        self.other_than_text = [
            f"text{at}"
            for at, one in enumerate(plan.mapped)
            if one.check.field.kind is not Kind.TEXT
        ]

    def check(self, data: bytes) -> Checked:
        table = self.tables.table(data)
        judging = _Judging(self.plan, table, table.refused, set())
        frame = without_guard(table.frame) if self.plan.guarded else table.frame
        texts = [texts_of(one.column, self.plan.columns, frame) for one in self.plan.mapped]
        typed, asked = self._typed(texts)
        values = [
            _decided(judging, mapped, texts[at].refused, typed.to_series(at), asked[at])
            for at, mapped in enumerate(self.plan.mapped)
        ]
        frame = polars.DataFrame([table.places.alias(PLACE), *values])
        frame = _ruled(judging, frame)
        return Checked(
            rows=table.total,
            blank=table.blank,
            good=frame,
            problems=in_order(judging.refused, table.lines()) if judging.refused else [],
        )

    def _typed(self, texts: Sequence[Texts]) -> tuple[polars.DataFrame, list[_Asked]]:
        """Return of each mapped column its values, and the cells that Python is asked of."""
        frame = polars.DataFrame([text.series.alias(f"text{at}") for at, text in enumerate(texts)])
        if self.plan.shape.empty_texts:
            # Of every other kind an empty text is no value, which Python need not be asked.
            frame = frame.with_columns(nothing_for_empty(self.other_than_text))
        named = [(polars.col(f"text{at}"), f"value{at}") for at in range(len(texts))]
        typed = frame.select(
            typing.value(text).alias(value)
            for typing, (text, value) in zip(self.typings, named, strict=True)
        )
        unsure = polars.concat([frame, typed], how="horizontal").select(
            (~typing.sure(text, polars.col(value)).fill_null(value=False)).alias(value)
            for typing, (text, value) in zip(self.typings, named, strict=True)
        )
        # Each call of polars waits for its threads: all columns are asked in one.
        found = polars.concat([frame, unsure], how="horizontal").select(
            one.implode()
            for mapped, (text, value) in zip(self.plan.mapped, named, strict=True)
            for one in _asked(mapped, text, polars.col(value))
        )
        lists = iter(found.row(0) if found.width and found.height else ())
        return typed, list(zip(lists, lists, strict=True))


def _asked(mapped: Mapped, text: polars.Expr, unsure: polars.Expr) -> tuple[polars.Expr, ...]:
    """Return the rows that Python is asked of, and what they have."""
    asked = unsure if mapped.check.field.required else unsure & text.is_not_null()
    return (asked.arg_true().alias(f"rows{mapped.order}"), text.filter(asked))


def _decided(
    judging: _Judging,
    mapped: Mapped,
    refused: Mapping[int, RefusedError],
    values: polars.Series,
    asked: _Asked,
) -> polars.Series:
    """Return the values of a field, those that were not sure as Python has them."""
    errors = dict(refused)
    decided: list[Any] = []
    rows, cells = asked
    for row, cell in zip(rows, cells, strict=True):
        value = None
        if row not in refused:
            try:
                value = mapped.check.value(cell)
            except RefusedError as error:
                errors[row] = error.bare()
        decided.append(value)
    judging.refuse(mapped, errors)
    if decided:
        values = values.scatter(rows, polars.Series(decided, dtype=values.dtype))
    return values.alias(mapped.column.field)


def _ruled(judging: _Judging, frame: polars.DataFrame) -> polars.DataFrame:
    """Return the rows that are right by themselves and by the rules across fields."""
    rules = judging.plan.rules
    kept = _without(frame, judging.wrong)
    if not rules or not kept.height:
        return kept
    broken = kept.select(
        rule.expression.fill_null(value=False).alias(str(at)) for at, rule in enumerate(rules)
    )
    # The table's row of each row that is kept, to find what the file has there.
    rows = [row for row in range(frame.height) if row not in judging.wrong]
    wrong: set[int] = set()
    for at, rule in enumerate(rules):
        asked = broken[str(at)].arg_true().to_list()
        errors = {row: error for row in asked if (error := _broken(rule, kept, row))}
        first = judging.plan.place(rule.names[0])
        judging.refuse(first, {rows[row]: error for row, error in errors.items()})
        wrong.update(errors)
    return _without(kept, wrong)


def _broken(rule: Bound, kept: polars.DataFrame, row: int) -> RefusedError | None:
    try:
        rule.check({name: kept[name][row] for name in rule.names})
    except RefusedError as error:
        return error.bare()
    return None


def _without(frame: polars.DataFrame, wrong: set[int]) -> polars.DataFrame:
    if not wrong:
        return frame
    mask = polars.repeat(value=True, n=frame.height, eager=True).scatter(sorted(wrong), False)
    return frame.filter(mask)
