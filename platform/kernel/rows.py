"""Rows as services take hold of them: locked, checked, changed."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model
from graphene.utils.str_converters import to_camel_case

from kernel.errors import DomainError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.ids import parse_id
from kernel.tenancy.models import TenantModel

#: The most rows that one call changes.
MOST_AT_ONCE = 100

M = TypeVar("M", bound=TenantModel)


def locked(model: type[M], row_id: str) -> M:
    """Return the row of this id that may be changed here, locked until the transaction ends.

    Raises InvalidInputError when it is no id, NotFoundError when there is no such row.
    """
    row = model.visible().select_for_update().filter(pk=parse_id(row_id)).first()
    if row is None:
        raise _missing(model, row_id)
    return row


def all_locked(model: type[M], row_ids: Sequence[str]) -> list[M | DomainError]:
    """Return the rows of these ids in their order, all of them locked until the transaction ends.

    In the place of a row that cannot be had is the error that says why. Raises LimitExceededError.
    """
    check_count("ids", row_ids)
    keys = [_key(row_id) for row_id in row_ids]
    wanted = [key for key in keys if not isinstance(key, DomainError)]
    # In the order of the key, so that no two calls wait in a circle.
    rows = model.visible().select_for_update().filter(pk__in=wanted).order_by("pk")
    found = {row.pk: row for row in rows}
    return [
        key if isinstance(key, DomainError) else found.get(key) or _missing(model, row_id)
        for key, row_id in zip(keys, row_ids, strict=True)
    ]


def check_count(name: str, items: Sequence[Any]) -> None:
    """Raise LimitExceededError when there are more items than one call takes."""
    if len(items) > MOST_AT_ONCE:
        raise LimitExceededError(
            f"{name} holds at most {MOST_AT_ONCE} items a call, found {len(items)}"
        )


def check(row: Model, *, only: Collection[str] | None = None) -> None:
    """Raise InvalidInputError when a column holds what it may not: too long, null, empty."""
    checked = [field for field in row._meta.fields if only is None or field.name in only]
    for field in checked:
        # Django asks this of columns only that may not be empty.
        if getattr(row, field.attname) is None and not field.null:
            raise InvalidInputError(f"{to_camel_case(field.name)} cannot be null")
    others = {field.name for field in row._meta.fields} - {field.name for field in checked}
    try:
        row.clean_fields(exclude=others)
    except ValidationError as error:
        name, problems = next(iter(error.message_dict.items()))
        raise InvalidInputError(f"{to_camel_case(name)}: {problems[0]}") from None
    for field in checked:
        value = getattr(row, field.attname)
        if isinstance(value, str) and not field.blank and not value.strip():
            raise InvalidInputError(f"{to_camel_case(field.name)} holds nothing but spaces")


def change(row: Model, **columns: Any) -> None:
    """Set these columns and save them and no others; raises InvalidInputError and saves nothing."""
    for name, value in columns.items():
        setattr(row, name, value)
    check(row, only=columns)
    row.save(update_fields=list(columns))


def delete(rows: Sequence[M | DomainError]) -> list[M]:
    """Remove these rows by one statement and return them as they were, to be shown and told of."""
    kept = [row for row in rows if not isinstance(row, DomainError)]
    if kept:
        type(kept[0]).objects.filter(pk__in=[row.pk for row in kept]).delete()
    return kept


def _key(row_id: str) -> Any:
    try:
        return parse_id(row_id)
    except DomainError as error:
        return error


def _missing(model: type[Model], row_id: str) -> NotFoundError:
    return NotFoundError(f"no {model._meta.verbose_name} {row_id}")
