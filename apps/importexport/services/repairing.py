"""Rows that failed are mended one by one: they are an import of their own, checked as any other."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import transaction

from apps.importexport.domain.formats.empty_texts import marked, unmarked
from apps.importexport.domain.formats.formulas import guarded
from apps.importexport.models import (
    ErrorPolicy,
    ImportFormat,
    ImportJob,
    ImportMode,
    ImportState,
    RowError,
)
from apps.importexport.models.imports import AT_WORK
from apps.importexport.services.imports import create_import
from apps.importexport.services.standing import set_to_work
from contracts.importexport import ImportRowsRepaired
from kernel.errors import ConflictError, InvalidInputError
from kernel.events.publishing import publish
from kernel.rows import locked
from kernel.storage import storage
from kernel.storage.port import new_key

#: Of one call.
MOST_ROWS: Final = 200
MOST_CHARACTERS: Final = 10_000
#: As what they are kept.
_DIALECT: Final = {
    "compression": "none",
    "encoding": "utf-8",
    "delimiter": ",",
    "quote": '"',
    "empty_texts": True,
    "header_row": 1,
}


@transaction.atomic
def repair_rows(*, id: str, rows: Sequence[Mapping[str, Any]]) -> ImportJob:
    """Make an import of rows that failed in another, with these values in the place of theirs.

    It is checked at once and brings nothing until it is started. Raises ConflictError while the
    other is worked on or where none of its rows failed, InvalidInputError, LimitExceededError.
    """
    job = locked(ImportJob, id)
    if job.state in AT_WORK or not job.failed:
        raise ConflictError("it is worked on, or none of its rows failed")
    mended = _mended(job, rows)
    made = create_import(
        name=f"{job.name[:240]} (mended rows)",
        format=ImportFormat.CSV,
        dialect=_DIALECT,
        dataset=job.dataset,
        mapping=job.mapping,
        rules=job.rules,
        mode=ImportMode.UPSERT if job.mode == ImportMode.REPLACE else job.mode,
        # The others are mended further, and nobody waits for them.
        policy=ErrorPolicy.SKIP_BAD_ROWS,
        time_zone=job.time_zone,
    )
    made.retry_of, made.mended_rows, made.mends = job.pk, list(mended.values()), list(mended)
    made.save(update_fields=["retry_of", "mended_rows", "mends"])
    set_to_work(made, ImportState.ANALYSING)
    publish(
        ImportRowsRepaired(
            import_id=str(job.pk), name=job.name, repair_id=str(made.pk), rows=len(mended)
        )
    )
    return made


def keep_mended(job: ImportJob) -> bool:
    """Write mended rows as a source into our store; False when nobody wants it any more."""
    key = new_key("importexport")
    storage().save(key, io.BytesIO(_csv(job.mended_rows or [])))
    rows = ImportJob.objects.filter(pk=job.pk, round=job.round, source_key="")
    if not rows.update(source_key=key, mended_rows=[]):
        storage().delete(key)
        return False
    job.source_key, job.mended_rows = key, []
    return True


def _mended(job: ImportJob, rows: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, str | None]]:
    """Return the values of rows by their positions, in that order; None where there is none."""
    if not 1 <= len(rows) <= MOST_ROWS:
        raise InvalidInputError(f"1 to {MOST_ROWS} rows are mended at a time, not {len(rows)}")
    wanted = {int(one["position"]): one["values"] for one in rows}
    if len(wanted) < len(rows):
        raise InvalidInputError("a row is mended twice")
    errors = RowError.objects.filter(
        import_id=job.pk, position__in=wanted, cells__values__isnull=False
    )
    found = {one.position: one.cells or {} for one in errors}
    if missing := sorted(wanted.keys() - found.keys()):
        raise InvalidInputError(
            f"row {missing[0]:,} is none that failed, or one that is too long to be mended here:"
            " take the file of errors"
        )
    return {at: _row(at, wanted[at], found[at]) for at in sorted(wanted)}


def _row(position: int, given: Any, cells: Mapping[str, Any]) -> dict[str, str | None]:
    """Return a row with other values; what is empty is an empty text only where it was one."""
    former, empty = cells["values"], cells.get("empty", ())
    texts = {**former, **_values(position, given, former)}
    return {name: text if text or name in empty else None for name, text in texts.items()}


def _values(position: int, given: Any, former: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise InvalidInputError(f"the values of row {position:,} are an object by headers")
    if unknown := sorted(given.keys() - former.keys()):
        raise InvalidInputError(f"the source has no column {unknown[0][:60]!r}")
    for name, text in given.items():
        if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
            raise InvalidInputError(
                f"{name[:60]} of row {position:,} is a text of at most {MOST_CHARACTERS:,}"
                " characters"
            )
    return dict(given)


def _csv(rows: Sequence[Mapping[str, str | None]]) -> bytes:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(map(guarded, columns))
    texts = ([row.get(name) for name in columns] for row in rows)
    lines.writerows(marked(text and guarded(text) for text in cells) for cells in texts)
    return unmarked(out.getvalue()).encode()
