"""All that is known before the first chunk, checked once."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from apps.importexport.domain.checking.frames import PLACE
from apps.importexport.domain.checking.problems import Refusal
from apps.importexport.domain.checking.rules import Bound, Rule
from apps.importexport.domain.checking.splitting import Shape
from apps.importexport.domain.mapping.columns import Column
from apps.importexport.domain.problems import PlanError, RefusedError
from apps.importexport.domain.values.fields import FieldCheck, field_check
from contracts.datasets import Field

UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a file is, what it is to become, and by which rules."""

    #: The headers of the file, each once.
    columns: tuple[str, ...]
    mapping: tuple[Column, ...]
    #: Of the dataset; those that nothing is mapped to are left out.
    fields: tuple[Field, ...]
    delimiter: str = ","
    quote: str = '"'
    #: Two quotes are an empty text; else there is no value.
    empty_texts: bool = False
    #: Texts like formulas have an apostrophe before them, which is none of theirs.
    guarded: bool = False
    rules: tuple[Rule, ...] = ()
    #: Of moments that name no offset.
    zone: ZoneInfo = UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A column of the mapping with what checks its field; `order` is its place."""

    order: int
    column: Column
    check: FieldCheck

    def refusal(self, row: int, value: str, error: RefusedError) -> Refusal:
        """Return what was wrong with it in a row."""
        return Refusal(
            row=row,
            order=self.order,
            column=self.column.field,
            source=self.column.source,
            value=value,
            error=error,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A plan that can be worked by."""

    columns: tuple[str, ...]
    guarded: bool
    shape: Shape
    mapped: tuple[Mapped, ...]
    rules: tuple[Bound, ...]

    def place(self, name: str) -> Mapped:
        """Return the column of a field."""
        return next(one for one in self.mapped if one.column.field == name)


def prepared(plan: Plan) -> Prepared:
    """Return the plan made ready; raises PlanError for what cannot work whatever the rows."""
    if len(plan.delimiter) != 1 or len(plan.quote) > 1 or plan.delimiter == plan.quote:
        raise PlanError("a delimiter is one character, a quote another or none")
    if not plan.columns or len(set(plan.columns)) < len(plan.columns):
        raise PlanError("a file has columns, each of another name")
    fields = {one.name: one for one in plan.fields}
    mapped: dict[str, Mapped] = {}
    for order, column in enumerate(plan.mapping):
        if column.field not in fields or fields[column.field].read_only:
            raise PlanError(f"{column.field} is no field that can be imported")
        if column.field == PLACE:
            raise PlanError(f"no field is called {PLACE}: good rows have their places there")
        if column.field in mapped:
            raise PlanError(f"two columns are mapped to {column.field}")
        if unknown := set(column.sources) - set(plan.columns):
            raise PlanError(f"{column.field}: the file has no column {min(unknown)!r}")
        check = field_check(fields[column.field], plan.zone)
        mapped[column.field] = Mapped(order=order, column=column, check=check)
    if not mapped:
        raise PlanError("nothing is mapped")
    checks = {name: one.check for name, one in mapped.items()}
    return Prepared(
        columns=plan.columns,
        guarded=plan.guarded,
        shape=Shape(
            delimiter=plan.delimiter,
            quote=plan.quote,
            width=len(plan.columns),
            empty_texts=plan.empty_texts,
        ),
        mapped=tuple(mapped.values()),
        rules=tuple(rule.bind(checks) for rule in plan.rules),
    )
