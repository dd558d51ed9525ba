"""One piece of a source goes to the app that owns its dataset, in batches that it does once.

Batches are told before the checkpoint: whoever dies in between tells them again, by the same names.
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from apps.importexport.domain.conflicts import Refused
from apps.importexport.models import ErrorPolicy, ImportJob, ImportState
from apps.importexport.services import owners
from apps.importexport.services.committing import Outcome, Piece, checkpoint, failures_of
from apps.importexport.services.externals import is_external
from apps.importexport.services.import_ends import has_enough
from apps.importexport.services.import_plans import Bound
from contracts.datasets import Done, Kind, Mode, Row, RowResult
from contracts.importexport import batch_key
from kernel.faults import fault_point
from kernel.jobs.running import current_job


class Applying:
    """Brings pieces of one import to the owner of its dataset, one after the other."""

    def __init__(self, job: ImportJob, what: Bound) -> None:
        self._job, self._what = job, what
        self._dry = job.state == ImportState.CHECKING
        self._size = owners.rows_at_once(what.dataset)
        self._outside = is_external(what.dataset.name)

    def commit(self, piece: Piece) -> Outcome:
        """Let the owner do what is good of a piece, then note what became of it."""
        job = ImportJob.objects.filter(
            pk=self._job.pk,
            round=self._job.round,
            state=self._job.state,
            offset=piece.chunk.offset,
        ).first()
        if job is None:
            return Outcome.STOP
        results = self._applied(job, piece)
        fault_point("importexport-applied")
        return self._note(job, piece, results)

    def _applied(self, job: ImportJob, piece: Piece) -> list[tuple[int, RowResult]]:
        rows = list(piece.checked.good.iter_rows(named=True))
        results: list[tuple[int, RowResult]] = []
        for number, at in enumerate(range(0, len(rows), self._size)):
            some = rows[at : at + self._size]
            told = owners.apply(
                self._what.dataset.name,
                batch=batch_name(job, job.batches + number),
                mode=Mode(job.mode),
                rows=[self._row(one) for one in some],
                dry=self._dry,
            )
            results += zip((one["row"] for one in some), told, strict=True)
            current_job().check()
        return results

    def _row(self, values: Mapping[str, Any]) -> Row:
        return {one.name: self._told(one.kind, values[one.name]) for one in self._what.fields}

    def _told(self, kind: Kind, value: Any) -> Any:
        # A database outside has numbers in JSON that Python would round: there its text goes.
        if kind is Kind.JSON and self._outside:
            return value
        return told_value(kind, value)

    @transaction.atomic
    def _note(self, job: ImportJob, piece: Piece, results: list[tuple[int, RowResult]]) -> Outcome:
        # One that was paused or cancelled meanwhile has this piece still: it is done.
        states = {job.state, ImportState.PAUSED, ImportState.CANCELLED}
        rows = ImportJob.objects.select_for_update()
        found = rows.filter(
            pk=job.pk, round=job.round, state__in=states, offset=piece.chunk.offset
        ).first()
        if found is None:
            return Outcome.STOP
        refused = [
            Refused(position=row, code=one.code, message=one.message, column=one.column)
            for row, one in results
            if one.done is Done.REFUSED
        ]
        failed = failures_of(found, piece, refused, self._what)
        done = [one.done for _, one in results]
        found.batches += -(-len(results) // self._size)
        checkpoint(
            found,
            piece,
            failed,
            inserted=done.count(Done.INSERTED),
            updated=done.count(Done.UPDATED),
            unchanged=done.count(Done.UNCHANGED),
        )
        if failed and not self._dry and job.policy == ErrorPolicy.ALL_OR_NOTHING:
            return Outcome.TORN
        if found.state != job.state:
            return Outcome.STOP
        return Outcome.ENOUGH if has_enough(found) else Outcome.GO_ON


def batch_name(job: ImportJob, number: int) -> str:
    """Return by which name the owner of a dataset knows a batch."""
    return batch_key(str(job.pk), number)


def told_value(kind: Kind, value: Any) -> Any:
    """Return a value of a frame as a row of a dataset tells it."""
    if value is None:
        return None
    return _TOLD.get(kind, _as_it_is)(value)


def _as_it_is(value: Any) -> Any:
    return value


def _number(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moment(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


_TOLD: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.DECIMAL: _number,
    Kind.DATE: dt.date.isoformat,
    Kind.DATETIME: _moment,
    Kind.JSON: json.loads,
}
