"""What became of a change: its error, and its answer as it is stored under an idempotency key."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import graphene
from django.db.models import Model

from kernel.errors import DomainError, NotFoundError
from kernel.federation.batches import together
from kernel.federation.directives import shareable
from kernel.federation.entities import Entity


@shareable
class MutationError(graphene.ObjectType):
    """Why nothing was changed."""

    code = graphene.String(required=True, description="Stable; see the table of error codes.")
    message = graphene.String(required=True)

    @classmethod
    def of(cls, error: DomainError) -> "MutationError":
        return cls(code=error.code, message=str(error))


def stored(answer: dict[str, Any], *, keeps_rows: bool) -> dict[str, Any]:
    """Return an answer as JSON: of a row its id, and its columns where it was removed."""
    return {name: _stored(value, keeps_rows) for name, value in answer.items()}


def shown(outcome: dict[str, Any], entity: type[Entity]) -> dict[str, Any]:
    """Return a stored answer with its rows, as the current principal may see them now.

    In the place of a row that is no longer there, or not for this one to see, is an error.
    """
    ids = {UUID(one["row"]) for one in _rows(outcome) if "columns" not in one}
    found = entity.rows().in_bulk(ids) if ids else {}
    rows: list[Any] = []
    answer = _shown(outcome, entity, found, rows)
    together(rows)
    return answer


def _stored(value: Any, keeps_rows: bool) -> Any:
    if isinstance(value, Model):
        row = {"row": str(value.pk)}
        return row | {"columns": _columns(value)} if keeps_rows else row
    if isinstance(value, MutationError):
        return {"code": value.code, "message": value.message}
    if isinstance(value, list):
        return [
            stored(one, keeps_rows=keeps_rows) if isinstance(one, dict) else one for one in value
        ]
    return value


def _rows(outcome: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for value in outcome.values():
        if isinstance(value, dict) and "row" in value:
            yield value
        elif isinstance(value, list):
            for one in value:
                # A list of outcomes; of plain values it holds no row.
                if isinstance(one, dict):
                    yield from _rows(one)


def _shown(
    outcome: dict[str, Any], entity: type[Entity], found: dict[UUID, Any], rows: list[Any]
) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for name, value in outcome.items():
        if isinstance(value, list):
            answer[name] = [
                _shown(one, entity, found, rows) if isinstance(one, dict) else one for one in value
            ]
        elif not isinstance(value, dict):
            answer.setdefault(name, value)
        elif "row" not in value:
            answer[name] = MutationError(**value)
        elif row := _row(value, entity._meta.model, found):
            rows.append(row)
            answer[name] = row
        else:
            gone = NotFoundError(f"this was done before, but {value['row']} is there no more")
            answer["error"] = MutationError.of(gone)
    return answer


def _row(told: dict[str, Any], model: type[Model], found: dict[UUID, Any]) -> Any:
    if "columns" not in told:
        return found.get(UUID(told["row"]))
    columns = told["columns"]
    fields = [field for field in model._meta.concrete_fields if field.attname in columns]
    values = [
        None if columns[field.attname] is None else field.to_python(columns[field.attname])
        for field in fields
    ]
    return model.from_db(None, [field.attname for field in fields], values)


def _columns(row: Model) -> dict[str, Any]:
    return {
        field.attname: (
            None if field.value_from_object(row) is None else field.value_to_string(row)
        )
        for field in row._meta.concrete_fields
    }
