"""Single rows of tables, corrected by hand."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from apps.importexport.domain.tables.values import ValueRefusedError, read
from apps.importexport.errors import RowRefusedError
from apps.importexport.models import DataTable
from apps.importexport.models.rows import DataRow, RowModel, column_of, usable_rows
from apps.importexport.selectors.tables import (
    masked_fields,
    refuse_full,
    table_named,
    writable,
)
from apps.importexport.services.related import check_related, is_outside
from contracts.datasets import Field
from contracts.importexport import DataTableRowChanged
from kernel import clock
from kernel.errors import ConflictError, DomainError, ForbiddenError, NotFoundError
from kernel.events.publishing import publish
from kernel.ids import parse_id


@transaction.atomic
def add_row(*, table: str, values: Mapping[str, Any]) -> DataRow:
    """Add a row to a table.

    Raises RowRefusedError, ConflictError where there is one with its key, NotFoundError,
    ForbiddenError, LimitExceededError, UnavailableError.
    """
    found = table_named(table)
    model = writable(found)
    refuse_full(found, 1)
    row = model()
    for field in found.described.values():
        _set(found, row, field, values.get(field.name))
    _refuse_unknown(found, values)
    _save(found, row)
    _tell(found, row, "added", tuple(values))
    return row


@transaction.atomic
def change_row(*, table: str, id: str, values: Mapping[str, Any]) -> DataRow:
    """Give a row other values; fields that are not named stay as they are. Raises as `add_row`."""
    found = table_named(table)
    row = _locked(writable(found), id)
    _refuse_unknown(found, values)
    before = {name: row.value(name) for name in values}
    for name, value in values.items():
        _set(found, row, found.described[name], value)
    changed = tuple(name for name in values if row.value(name) != before[name])
    if changed:
        row.batch_id, row.changed_at = None, clock.now()
        _save(found, row)
        _tell(found, row, "updated", changed)
    return row


@transaction.atomic
def delete_row(*, table: str, id: str) -> DataRow:
    """Remove a row and return it as it was; raises as `add_row`."""
    found = table_named(table)
    model = writable(found)
    row = _locked(model, id)
    model.objects.filter(pk=row.pk).delete()
    _tell(found, row, "deleted", ())
    return row


def check_outside(*, table: str, values: Mapping[str, Any]) -> None:
    """Raise RowRefusedError where a value leads to no row of another app.

    It is asked before the transaction in which the values are written. Raises NotFoundError,
    ForbiddenError and UnavailableError of its own.
    """
    for field in table_named(table).described.values():
        value = values.get(field.name)
        if value is not None and is_outside(field):
            check_related(field, value)


def _locked(model: RowModel, row_id: str) -> DataRow:
    row = model.objects.select_for_update().filter(pk=parse_id(row_id)).first()
    if row is None:
        raise NotFoundError(f"no row {row_id}")
    return row


def _set(table: DataTable, row: DataRow, field: Field, value: Any) -> None:
    if value is not None and field.name in masked_fields(table):
        raise ForbiddenError(f"{field.name} takes {field.masked_without}")
    try:
        found = read(field, value)
    except ValueRefusedError as error:
        raise RowRefusedError(f"{field.name}: {error}") from None
    if (
        found is not None
        and field.relation
        and not is_outside(field)
        and found != row.value(field.name)
    ):
        _check_relation(field, found)
    setattr(row, column_of(field), found)


def _check_relation(field: Field, value: Any) -> None:
    relation = field.relation
    assert relation is not None  # noqa: S101  asked by the caller # nosec B101
    try:
        model = usable_rows(table_named(relation.dataset))
    except NotFoundError as error:
        raise RowRefusedError(f"{field.name}: {error}") from None
    if not model.objects.filter(**{column_of(relation.field): value}).exists():
        raise RowRefusedError(
            f"{field.name}: {relation.dataset} has no row whose {relation.field} is {value!s:.80}"
        )


def _refuse_unknown(table: DataTable, values: Mapping[str, Any]) -> None:
    unknown = [name for name in values if name not in table.described]
    if unknown:
        raise RowRefusedError(f"{unknown[0][:80]}: {table.name} has no such field")


def _save(table: DataTable, row: DataRow) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise _taken(table, row) from None


def _taken(table: DataTable, row: DataRow) -> DomainError:
    told = ", ".join(f"{name} {row.value(name)!s:.80}" for name in table.key)
    unique = [one.name for one in table.described.values() if one.unique]
    also = f", or with the same {' or '.join(unique)}" if unique else ""
    return ConflictError(f"there is a row with {told} already{also}")


def _tell(table: DataTable, row: DataRow, change: str, fields: tuple[str, ...]) -> None:
    publish(
        DataTableRowChanged(
            table_id=str(table.pk),
            name=table.name,
            row_id=str(row.pk),
            change=change,
            fields=fields,
        )
    )
