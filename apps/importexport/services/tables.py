"""What may be done to tables: described, described anew, archived, restored, removed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction

from apps.importexport.conf import TABLES
from apps.importexport.domain.tables.changes import Changes, difference
from apps.importexport.domain.tables.rules import TableProblemError, checked, is_name
from apps.importexport.domain.tables.table_schema import fields_of
from apps.importexport.errors import NarrowedError, TableRefusedError
from apps.importexport.models import DataTable, TableState
from apps.importexport.models.rows import column_of, model_of, physical_name, usable_rows
from apps.importexport.models.tables import PREFIX
from apps.importexport.services import table_definitions as definitions
from apps.importexport.services.related import check_service, is_outside
from contracts.datasets import Field
from contracts.importexport import (
    DataTableArchived,
    DataTableCreated,
    DataTableDeleted,
    DataTableDescribed,
    DataTableRestored,
)
from kernel import clock
from kernel.errors import ConflictError, DomainError, InvalidInputError, LimitExceededError
from kernel.events.publishing import publish, publish_all
from kernel.jobs.services import enqueue
from kernel.rows import all_locked, check, delete, locked
from kernel.tenancy.aliases import system_alias


@transaction.atomic
def create_table(
    *, name: str, schema: Mapping[str, Any], title: str | None = None, description: str = ""
) -> DataTable:
    """Make a table of a Table Schema; its key is the schema's `primaryKey`.

    Raises TableRefusedError, InvalidInputError, ConflictError, LimitExceededError,
    UnavailableError.
    """
    fields, key = _described(schema)
    table = DataTable(
        name=name,
        title=name if title is None else title,
        description=description or "",
        schema=[asdict(one) for one in fields],
        key=key,
    )
    if not is_name(name):
        raise InvalidInputError(
            "a table is called by a-z, 0-9 and single underscores within, and a letter first"
        )
    check(table, only=("name", "title", "description"))
    _refuse_taken(name)
    _check_relations(table)
    # By another connection, where the platform has one for what owns tables: a table without a row
    # is dropped by a sweep, a row without a table would be none.
    definitions.create(model_of(table), key, _unique(fields))
    try:
        with transaction.atomic():
            table.save(force_insert=True)
    except IntegrityError:
        raise ConflictError(f"there is a table {name} already") from None
    publish(DataTableCreated(table_id=str(table.pk), name=name, fields=len(fields)))
    return table


@transaction.atomic
def describe_table(
    *,
    id: str,
    title: str | None = None,
    description: str | None = None,
    schema: Mapping[str, Any] | None = None,
    confirm: bool = False,
) -> DataTable:
    """Describe a table anew: all of its fields, or only what people call it.

    Fields are added at once. What takes rows to be rewritten (a field with a wider type, one that
    is gone, another key) is done by a job, and until then the table is CHANGING. Rows that are
    there have to fit: raises NarrowedError. A field that holds values is gone only with `confirm`.
    Raises as `create_table` does.
    """
    table = locked(DataTable, id)
    if title is not None:
        table.title = title
    if description is not None:
        table.description = description
    check(table, only=("title", "description"))
    changes = Changes()
    if schema is not None:
        changes = _describe_fields(table, schema, confirm=confirm)
    table.changed_at = clock.now()
    table.save(update_fields=["title", "description", "schema", "key", "state", "changed_at"])
    publish(
        DataTableDescribed(
            table_id=str(table.pk),
            name=table.name,
            added=tuple(one.name for one in changes.added),
            removed=tuple(one.name for one in changes.removed),
            rewritten=tuple(one.name for one in changes.rewritten),
        )
    )
    return table


@transaction.atomic
def archive_table(*, id: str) -> DataTable:
    """Let a table be read, and not written any more. Twice changes nothing."""
    table = locked(DataTable, id)
    if table.state == TableState.CHANGING:
        raise ConflictError("the rows of the table are being rewritten; wait for it")
    if table.state == TableState.READY:
        _stand(table, TableState.ARCHIVED)
        publish(DataTableArchived(table_id=str(table.pk), name=table.name))
    return table


@transaction.atomic
def restore_table(*, id: str) -> DataTable:
    """Let an archived table be written again. Twice changes nothing."""
    table = locked(DataTable, id)
    if table.state == TableState.ARCHIVED:
        _stand(table, TableState.READY)
        publish(DataTableRestored(table_id=str(table.pk), name=table.name))
    return table


@transaction.atomic
def delete_table(*, id: str) -> DataTable:
    """Remove a table with all its rows, and return it as it was.

    Raises ConflictError while another refers to it.
    """
    table = locked(DataTable, id)
    if refusal := _referred_to(table):
        raise refusal
    _leave([table])
    return table


@transaction.atomic
def delete_tables(*, ids: Sequence[str]) -> list[DataTable | DomainError]:
    """Remove many tables; one that is referred to, or is not there, does not keep the others."""
    found = [
        one if isinstance(one, DomainError) else _referred_to(one) or one
        for one in all_locked(DataTable, ids)
    ]
    _leave(found)
    return found


def _described(schema: Mapping[str, Any]) -> tuple[tuple[Field, ...], list[str]]:
    try:
        fields, key = fields_of(schema)
        return checked(fields, key), key
    except TableProblemError as error:
        raise TableRefusedError(str(error)) from None


def _describe_fields(table: DataTable, schema: Mapping[str, Any], *, confirm: bool) -> Changes:
    if table.state != TableState.READY:
        raise ConflictError(f"the table is {table.state}: its fields stay as they are")
    before, key_before = tuple(table.described.values()), table.key
    fields, key = _described(schema)
    changes = difference(before, key_before, fields, key)
    if changes.narrower and _has_rows(table):
        raise NarrowedError(f"rows that are there might not fit: {'; '.join(changes.narrower[:5])}")
    lost = [one.name for one in changes.removed if not confirm and _holds_values(table, one)]
    if lost:
        raise NarrowedError(f"values of {', '.join(lost[:10])} would be lost: confirm it")
    table.schema, table.key = [asdict(one) for one in fields], key
    vars(table).pop("described", None)
    _check_relations(table)
    if changes.rewrites or changes.narrower:
        table.state = TableState.CHANGING
        enqueue("importexport.conform_table", str(table.pk), live_key=f"conform {table.pk}")
    elif changes.added:
        definitions.add_columns(model_of(table), changes.added)
    return changes


def _has_rows(table: DataTable) -> bool:
    # Not in the caller's transaction: a lock that it holds would keep the table from changing.
    rows = usable_rows(table).objects.using(system_alias())
    return rows.exists()


def _holds_values(table: DataTable, field: Field) -> bool:
    rows = usable_rows(table).objects.using(system_alias())
    return rows.filter(**{f"{column_of(field)}__isnull": False}).exists()


def _check_relations(table: DataTable) -> None:
    for field in table.described.values():
        if field.relation is None:
            continue
        if is_outside(field):
            check_service(field)
            continue
        name = field.relation.dataset.removeprefix(PREFIX)
        other = table if name == table.name else DataTable.objects.filter(name=name).first()
        if other is None:
            raise TableRefusedError(f"{field.name} refers to {name[:80]!r}, which is no table")
        there = other.described.get(field.relation.field)
        if there is None or not (there.unique or other.key == [there.name]):
            raise TableRefusedError(
                f"{field.name} refers to {field.relation.field[:80]!r} of {name}, which tells no"
                " row of it apart"
            )
        if there.kind != field.kind:
            raise TableRefusedError(f"{field.name} is a {field.kind}, and refers to a {there.kind}")


def _referred_to(table: DataTable) -> ConflictError | None:
    wanted = table.dataset_name
    for other in DataTable.objects.exclude(pk=table.pk):
        if any(one.relation and one.relation.dataset == wanted for one in other.described.values()):
            return ConflictError(f"the table {other.name} refers to {table.name}")
    return None


def _refuse_taken(name: str) -> None:
    if DataTable.objects.filter(name=name).exists():
        raise ConflictError(f"there is a table {name} already")
    most = TABLES.value()
    if DataTable.objects.count() >= most:
        raise LimitExceededError(f"at most {most} tables")


def _stand(table: DataTable, state: TableState) -> None:
    table.state = state
    table.save(update_fields=["state"])


def _leave(tables: Sequence[DataTable | DomainError]) -> None:
    removed = delete(tables)
    for table in removed:
        enqueue("importexport.drop_table", physical_name(table))
    publish_all([DataTableDeleted(table_id=str(one.pk), name=one.name) for one in removed])


def _unique(fields: Sequence[Field]) -> list[str]:
    return [one.name for one in fields if one.unique]
