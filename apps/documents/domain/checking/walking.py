"""Every expression of a template, with what the loops around it have named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal, TypeAlias

from apps.documents.domain.model import blocks as b
from apps.documents.domain.model.formats import NUMBERS, Format
from apps.documents.domain.model.shapes import Each, Members, Shape, Words
from apps.documents.domain.model.texts import Expression

Use: TypeAlias = Literal["any", "scalar", "number", "date", "list", "test"]


@dataclass(frozen=True, slots=True)
class Loop:
    """A name, and the expression whose items it stands for; or, of a partial, its value."""

    over: Expression
    around: Mapping[str, "Loop"]
    each: bool = True


Scope: TypeAlias = Mapping[str, Loop]
Found: TypeAlias = tuple[Expression, Use, Scope]


def expressions(template: b.Template) -> Iterator[Found]:
    """Yield expressions with what is wanted of each; those of partials for each inclusion."""
    partials = dict(template.partials)
    yield from _of_value(template.title, {})
    for page_blocks in (template.page.header, template.page.footer):
        yield from _of_blocks(page_blocks, {}, partials)
    yield from _of_value(template.page.watermark, {})
    yield from _of_blocks(template.blocks, {}, partials)
    if template.invoice is not None:
        yield from _of_shape(template.invoice, {})


def _of_blocks(
    blocks: tuple[b.Block, ...], scope: Scope, partials: Mapping[str, tuple[b.Block, ...]]
) -> Iterator[Found]:
    for block in blocks:
        match block:
            case b.Repeat():
                yield block.over, "list", scope
                inner = {**scope, block.name: Loop(block.over, scope)}
                yield from _of_blocks(block.blocks, inner, partials)
                yield from _of_blocks(block.otherwise, scope, partials)
            case b.When():
                yield block.test, "test", scope
                yield from _of_blocks(block.blocks, scope, partials)
                yield from _of_blocks(block.otherwise, scope, partials)
            case b.Include():
                for _, expression in block.given:
                    yield expression, "any", scope
                given = {name: Loop(one, scope, each=False) for name, one in block.given}
                yield from _of_blocks(partials[block.partial], given, partials)
            case b.Table():
                yield from _of_table(block, scope)
            case b.Chart():
                yield from _of_chart(block, scope)
            case b.Listing():
                yield from _of_items(block.items, scope)
            case _:
                for some in b.inner(block):
                    yield from _of_blocks(some, scope, partials)
                yield from _of_value(block, scope)


def _of_items(items: tuple[b.Item, ...], scope: Scope) -> Iterator[Found]:
    for item in items:
        inner = scope
        if item.over is not None:
            yield item.over, "list", scope
            inner = {**scope, item.name: Loop(item.over, scope)}
        yield from _of_value(item.text, inner)
        yield from _of_items(item.items, inner)


def _of_table(table: b.Table, scope: Scope) -> Iterator[Found]:
    inner = scope
    if table.over is not None:
        yield table.over, "list", scope
        inner = {**scope, table.name: Loop(table.over, scope)}
    for text in (table.caption, table.empty, table.totals):
        yield from _of_value(text, scope)
    for column in table.columns:
        yield from _of_value(column.title, scope)
        if column.value is not None:
            yield column.value, _use(column.format), inner
    for group in table.groups:
        yield group.by, "scalar", inner
        yield from _of_value(group.title, inner)
    for row in table.rows:
        for cell in row:
            yield from _of_value(cell.text, scope)
            if cell.value is not None:
                yield cell.value, _use(cell.format), scope


def _of_chart(chart: b.Chart, scope: Scope) -> Iterator[Found]:
    yield chart.over, "list", scope
    inner = {**scope, chart.name: Loop(chart.over, scope)}
    yield chart.label, "scalar", inner
    for text in (chart.alt, chart.title):
        yield from _of_value(text, scope)
    for series in chart.series:
        yield from _of_value(series.name, scope)
        yield series.value, "number", inner


def _of_shape(shape: Shape, scope: Scope) -> Iterator[Found]:
    match shape:
        case Words():
            yield from (
                (one, "scalar", scope) for one in shape.parts if isinstance(one, Expression)
            )
        case Members():
            for _, one in shape.members:
                yield from _of_shape(one, scope)
        case Each():
            yield shape.over, "list", scope
            yield from _of_shape(shape.each, {**scope, shape.name: Loop(shape.over, scope)})
        case tuple():
            for one in shape:
                yield from _of_shape(one, scope)


def _use(format: Format) -> Use:
    if format.kind in NUMBERS:
        return "number"
    return "date" if format.kind in ("date", "datetime") else "scalar"


def _of_value(value: Any, scope: Scope) -> Iterator[Found]:
    """Yield the expressions of texts, runs and whatever else holds some; inner blocks apart."""
    if isinstance(value, Expression):
        yield value, "scalar", scope
    elif isinstance(value, tuple):
        for one in value:
            if not _is_block(one):
                yield from _of_value(one, scope)
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from _of_value(getattr(value, one.name), scope)


def _is_block(value: Any) -> bool:
    return hasattr(value, "place") and not isinstance(value, Expression)
