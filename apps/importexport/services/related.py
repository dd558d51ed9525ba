"""Relations of a tenant's tables to datasets of other apps, whose owners are asked.

None of this is called in a transaction, and no row there is kept from going later.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from apps.importexport.domain.conflicts import Conflict, Refused, conflicting
from apps.importexport.domain.tables.values import told
from apps.importexport.errors import PlanRefusedError, RowRefusedError, TableRefusedError
from apps.importexport.models.tables import PREFIX
from contracts.datasets import Field, Relation
from kernel.datasets import client
from kernel.datasets.registry import EVERYWHERE
from kernel.services import BY_NAME

if TYPE_CHECKING:
    import polars


def is_outside(field: Field) -> bool:
    """Say whether a field leads to a dataset of another app."""
    return field.relation is not None and not field.relation.dataset.startswith(PREFIX)


def check_service(field: Field) -> None:
    """Raise TableRefusedError where no service has such a dataset.

    Whether it is there, and by which field it is known, is asked when rows are written.
    """
    service = _of(field).dataset.partition(".")[0]
    if service not in BY_NAME and service != EVERYWHERE:
        raise TableRefusedError(f"{field.name} refers to {service[:80]!r}, which is no service")


def check_datasets(fields: Sequence[Field]) -> None:
    """Raise PlanRefusedError where a dataset is not known by the field that one leads to.

    Raises NotFoundError, ForbiddenError, UnavailableError of who is asked.
    """
    for field in filter(is_outside, fields):
        relation = _of(field)
        key = client.describe(relation.dataset).key
        if key != (relation.field,):
            raise PlanRefusedError(
                f"{field.name} leads to {relation.field} of {relation.dataset}, whose rows are"
                f" known by {', '.join(key)}"
            )


def check_related(field: Field, value: Any) -> None:
    """Raise RowRefusedError where a value, as it is sent, leads to no row."""
    relation = _of(field)
    if not client.known(relation.dataset, [value]):
        raise RowRefusedError(
            f"{field.name}: {relation.dataset} has no row whose {relation.field} is {value!s:.80}"
        )


def unrelated(frame: "polars.DataFrame", fields: Sequence[Field]) -> list[Refused]:
    """Return which rows lead to a row of another app that is not there.

    Each owner is asked for each value once, for many together.
    """
    return [refused for field in filter(is_outside, fields) for refused in _lost(frame, field)]


def _lost(frame: "polars.DataFrame", field: Field) -> list[Refused]:
    relation = _of(field)
    column = frame.get_column(field.name)
    values = {value: told(field.kind, value) for value in column.drop_nulls().unique().to_list()}
    there = client.known(relation.dataset, list(values.values())) if values else set()
    lost = {value for value, sent in values.items() if sent not in there}
    rows = zip(frame.get_column("row").to_list(), column.to_list(), strict=True) if lost else ()
    return [
        conflicting(position, Conflict.NO_SUCH_ROW, column=field.name, about=relation.dataset)
        for position, value in rows
        if value in lost
    ]


def _of(field: Field) -> Relation:
    if field.relation is None:
        raise ValueError(f"{field.name} leads nowhere")
    return field.relation
