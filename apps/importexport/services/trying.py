"""What a column of a mapping makes of the first rows of a source, before anything of it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from apps.importexport.domain.mapping.columns import Column
from apps.importexport.domain.problems import PlanError, RefusedError
from apps.importexport.domain.values.fields import FieldCheck, field_check
from apps.importexport.selectors.imports import import_of
from kernel.errors import ConflictError, InvalidInputError

MOST_ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A value of the source, and what it becomes: a text, nothing, or what is wrong with it."""

    given: str
    text: str | None = None
    code: str = ""
    message: str = ""


def try_column(*, import_id: str, column: Mapping[str, Any], first: int) -> list[Tried]:
    """Return what becomes of the first rows of an import's preview.

    Raises NotFoundError, ForbiddenError, InvalidInputError for a column that cannot be, and
    ConflictError before the source was looked at.
    """
    from apps.importexport.services.import_plans import (  # noqa: PLC0415  loads polars
        dataset_named,
    )

    job = import_of(import_id)
    if not job.preview:
        raise ConflictError("the source was not looked at yet")
    if not 1 <= first <= MOST_ROWS:
        raise InvalidInputError(f"1 to {MOST_ROWS} rows are tried, not {first}")
    dataset, _ = dataset_named(job.dataset)
    names = job.preview["columns"]
    try:
        wanted = Column.of(column)
        field = dataset.field(wanted.field)
        if field is None or field.read_only:
            raise PlanError(f"{wanted.field[:60]!r} is no field that can be imported")
        if unknown := set(wanted.sources) - set(names):
            raise PlanError(f"the file has no column {min(unknown)[:60]!r}")
        check = field_check(field, ZoneInfo(job.time_zone))
    except PlanError as error:
        raise InvalidInputError(str(error)) from None
    # A row may be short.
    empty = dict.fromkeys(names, "")
    rows = [empty | dict(zip(names, row, strict=False)) for row in job.preview["rows"][:first]]
    return [_tried(wanted, check, row) for row in rows]


def _tried(column: Column, check: FieldCheck, row: Mapping[str, str]) -> Tried:
    given = row[column.source] if column.source else column.constant
    try:
        text = column.text({name: cell or None for name, cell in row.items()})
        check.value(text)
    except RefusedError as error:
        return Tried(given=given, code=str(error.code), message=error.message)
    return Tried(given=given, text=text)
