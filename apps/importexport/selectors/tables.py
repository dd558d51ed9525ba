"""Reads of tables and their rows, always within the current tenant."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

from apps.importexport.conf import TABLE_ROWS
from apps.importexport.domain.tables.values import MASK, ValueRefusedError, read, told
from apps.importexport.models import DataTable, TableState
from apps.importexport.models.rows import DataRow, RowModel, column_of, usable_rows
from apps.importexport.models.tables import MOST_ROWS, PREFIX
from contracts.datasets import Dataset, Field, Kind, Page, Row, Wanted
from kernel.errors import InvalidInputError, LimitExceededError, NotFoundError
from kernel.federation.windows import Order, Window, beyond, cursor_of
from kernel.ids import canonical_id
from kernel.rows import check_count
from kernel.tenancy.context import acting_principal, require

#: By which lookup each part of a filter narrows.
LOOKUPS = {
    "name": "name",
    "state": "state",
    "created_from": "created_at__gte",
    "created_before": "created_at__lt",
}


def table_named(name: str) -> DataTable:
    """Return the table of this name, with or without `tables.` before it, or of this id.

    Raises NotFoundError.
    """
    bare = name.removeprefix(PREFIX)
    named = DataTable.objects.filter(name=bare).first()
    if named is None and (table_id := _id(bare)):
        named = DataTable.objects.filter(pk=table_id).first()
    if named is None:
        raise NotFoundError(f"no table {name[:80]}")
    return named


def dataset_of(table: DataTable) -> Dataset:
    """Return a table as every dataset is told."""
    return table.dataset()


def datasets_of_tables() -> list[Dataset]:
    """Return the tables of the tenant as datasets, by their names."""
    return [one.dataset() for one in DataTable.objects.order_by("name")]


def read_table(table: DataTable, wanted: Wanted) -> Page:
    """Return a page of rows in the order of their key, as whoever acts may see them.

    Raises InvalidInputError, ForbiddenError for a filter by what is masked, UnavailableError.
    """
    model = usable_rows(table)
    names = columns_of(table, wanted.columns)
    limit = min(max(wanted.limit, 1), MOST_ROWS)
    order = order_by_key(table)
    rows = matching(table, model, wanted.filters)
    rows = rows.filter(changed_between(wanted.since, wanted.until)).order_by(*order)
    if wanted.after:
        window = Window(size=limit, forward=True, cursor=wanted.after)
        rows = rows.filter(beyond(order, window.place(model, order)))
    found = list(rows[: limit + 1])
    masked = masked_fields(table)
    more = len(found) > limit
    found = found[:limit]
    following = cursor_of(order, [getattr(found[-1], one) for one in order]) if more else ""
    return Page(rows=[row_told(row, names, masked) for row in found], next=following)


def order_by_key(table: DataTable) -> Order:
    """Return the order of a table's key, by columns."""
    return tuple(map(column_of, table.key))


def matching(table: DataTable, model: RowModel, filters: Mapping[str, Any]) -> QuerySet[DataRow]:
    """Return the rows whose fields have these values, or one of these where a list is told.

    Raises InvalidInputError, ForbiddenError.
    """
    rows = model.objects.all()
    for name, value in filters.items():
        field = _field(table, name)
        if field.kind == Kind.JSON:
            raise InvalidInputError(f"{name}: JSON is not filtered by")
        if field.masked_without and acting_principal() is not None:
            require(field.masked_without)
        if isinstance(value, list):
            check_count(f"the filter by {name}", value)
            rows = rows.filter(**{f"{column_of(field)}__in": [_value(field, v) for v in value]})
        elif value is None:
            rows = rows.filter(**{f"{column_of(field)}__isnull": True})
        else:
            rows = rows.filter(**{column_of(field): _value(field, value)})
    return rows


def changed_between(since: str, until: str) -> Q:
    """Say which rows were changed at or after one moment, and before another; empty is no bound.

    Raises InvalidInputError.
    """
    found = Q()
    if since:
        found &= Q(changed_at__gte=moment(since))
    if until:
        found &= Q(changed_at__lt=moment(until))
    return found


def moment(text: str) -> datetime:
    """Return a moment told as ISO text; raises InvalidInputError."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidInputError(
            f"a moment has a time zone, such as 2024-05-31T12:00:00Z: {text:.40}"
        )
    return found


def columns_of(table: DataTable, names: Iterable[str]) -> tuple[str, ...]:
    """Return the fields that are asked for, all if none is; raises InvalidInputError."""
    return tuple(_field(table, name).name for name in names) or tuple(table.described)


def masked_fields(table: DataTable) -> frozenset[str]:
    """Return the fields whose values whoever acts may not see."""
    who = acting_principal()
    return frozenset(
        one.name
        for one in table.described.values()
        if one.masked_without and who is not None and not who.may(one.masked_without)
    )


def row_told(row: DataRow, names: Iterable[str], masked: frozenset[str]) -> Row:
    """Return a row as datasets tell it."""
    return {name: _shown(row.kinds[name], row.value(name), masked=name in masked) for name in names}


def refuse_full(table: DataTable, adding: int) -> None:
    """Raise LimitExceededError when a table has no room for so many more rows."""
    most = TABLE_ROWS.value()
    if usable_rows(table).objects.count() + adding > most:
        raise LimitExceededError(f"a table has at most {most:,} rows")


def writable(table: DataTable) -> RowModel:
    """Return the model of rows that may be written; raises InvalidInputError, UnavailableError."""
    if table.state == TableState.ARCHIVED:
        raise InvalidInputError(f"the table {table.name} is archived: restore it first")
    return usable_rows(table)


def _shown(kind: Kind, value: Any, *, masked: bool) -> Any:
    return MASK if masked and value is not None else told(kind, value)


def _field(table: DataTable, name: str) -> Field:
    found = table.described.get(name)
    if found is None:
        raise InvalidInputError(f"{table.name} has no field {str(name)[:80]!r}")
    return found


def _value(field: Field, value: Any) -> Any:
    try:
        return read(Field(name=field.name, kind=field.kind, required=True), value)
    except ValueRefusedError as error:
        raise InvalidInputError(f"{field.name}: {error}") from None


def _id(text: str) -> str | None:
    try:
        return canonical_id(text)
    except InvalidInputError:
        return None
