"""What may be done to exports: asked for, stopped, tried again, removed."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from django.db import transaction

from apps.importexport.conf import ACCEPTING, EXPORT_OVERLAP, EXPORTS_WAITING
from apps.importexport.models import (
    ExportCompression,
    ExportFormat,
    ExportJob,
    ExportPart,
    ExportState,
)
from apps.importexport.models.exports import UNFINISHED
from apps.importexport.models.tables import PREFIX
from apps.importexport.selectors.exports import end_of_series
from apps.importexport.selectors.tables import moment
from apps.importexport.services.deliveries import ask_for
from apps.importexport.services.export_sources import check_table, checked_query
from apps.importexport.services.externals import is_external
from contracts.importexport import (
    ExportCancelled,
    ExportCreated,
    ExportDeleted,
    ExportRetried,
)
from kernel import clock
from kernel.errors import (
    ConflictError,
    DomainError,
    InvalidInputError,
    LimitExceededError,
    UnavailableError,
)
from kernel.events.publishing import publish, publish_all
from kernel.identity.rights import remembered_rights
from kernel.jobs.models import Job
from kernel.jobs.operations import cancel_all
from kernel.jobs.services import enqueue
from kernel.rows import all_locked, check, delete, locked

MOST_COLUMNS = 500
MOST_ORDER = 8
#: Shorter parts would be more files than anybody wants.
LEAST_PART_BYTES = 1_000_000


class Asked(TypedDict, total=False):
    """What an export is of, and how it is written; what is left out is as usual."""

    dataset: str | None
    query: Mapping[str, Any] | None
    columns: Sequence[str] | None
    filter: Mapping[str, Any] | None
    order: Sequence[str] | None
    compression: ExportCompression | str | None
    guard: bool | None
    part_bytes: int | None
    series: str | None
    since: str | None
    #: Ids of places outside.
    deliver_to: Sequence[str] | None


@transaction.atomic
def create_export(
    *, format: ExportFormat | str, name: str | None = None, **asked: Unpack[Asked]
) -> ExportJob:
    """Let a job write rows of a dataset, or of a question to the graph, into files.

    Of a series it has what changed since the one before ended. Raises InvalidInputError,
    NotFoundError, ForbiddenError, LimitExceededError, UnavailableError.
    """
    if not ACCEPTING.value():
        raise UnavailableError("no exports are taken for now")
    export = ExportJob(
        format=ExportFormat(format),
        name=name or asked.get("dataset") or "export",
        dataset=asked.get("dataset") or "",
        query=checked_query(asked.get("query")),
        columns=list(asked.get("columns") or ()),
        filters=dict(asked.get("filter") or {}),
        order=list(asked.get("order") or ()),
        compression=ExportCompression(asked.get("compression") or ExportCompression.NONE),
        guard=asked.get("guard") is not False,
        part_bytes=asked.get("part_bytes") or 0,
        series=asked.get("series") or "",
        since=asked.get("since") or "",
        asked_by=remembered_rights(),
    )
    _check(export)
    _refuse_many()
    if export.series:
        _go_on_with_series(export)
    export.job_id = _enqueue(export)
    export.save()
    ask_for(export, asked.get("deliver_to") or ())
    publish(
        ExportCreated(
            export_id=str(export.pk),
            name=export.name,
            dataset=export.dataset,
            format=str(export.format),
            series=export.series,
        )
    )
    return export


@transaction.atomic
def cancel_export(*, id: str) -> ExportJob:
    """Stop an export; nothing of it is kept. Twice changes nothing.

    Raises ConflictError when it has ended otherwise.
    """
    export = locked(ExportJob, id)
    if export.state == ExportState.CANCELLED:
        return export
    if export.state not in UNFINISHED:
        raise ConflictError(f"the export is {export.state} already")
    export.state, export.finished_at = ExportState.CANCELLED, clock.now()
    export.save(update_fields=["state", "finished_at"])
    cancel_all(Job.objects.filter(pk__in=[export.job_id]))
    drop_parts(export)
    publish(ExportCancelled(export_id=str(export.pk), name=export.name))
    return export


@transaction.atomic
def retry_export(*, id: str) -> ExportJob:
    """Write an export once more that failed, or was stopped; with the caller's own rights.

    Raises ConflictError for any other.
    """
    export = locked(ExportJob, id)
    if export.state not in (ExportState.FAILED, ExportState.CANCELLED):
        raise ConflictError(f"the export is {export.state}, and not to be written once more")
    _refuse_many()
    drop_parts(export)
    export.state, export.asked_by = ExportState.QUEUED, remembered_rights() or export.asked_by
    export.error_code = export.error_message = ""
    export.row_count = export.size_bytes = 0
    export.written, export.started_at, export.finished_at = False, None, None
    export.job_id = _enqueue(export)
    export.save()
    publish(ExportRetried(export_id=str(export.pk), name=export.name))
    return export


@transaction.atomic
def delete_export(*, id: str) -> ExportJob:
    """Remove an export and return it as it was; files that are there stay."""
    export = locked(ExportJob, id)
    _leave([export])
    return export


@transaction.atomic
def delete_exports(*, ids: Sequence[str]) -> list[ExportJob | DomainError]:
    """Remove many exports; one that is not there does not keep the others."""
    exports = all_locked(ExportJob, ids)
    _leave(exports)
    return exports


def drop_parts(export: ExportJob) -> None:
    """Forget what there is of files that nobody wants, in the caller's transaction."""
    for part in ExportPart.objects.filter(export=export):
        if part.file_key:
            enqueue("importexport.forget", part.file_key)
        if part.file_id or part.upload_id:
            known = f"file:{part.file_id}" if part.file_id else f"upload:{part.upload_id}"
            enqueue("importexport.forget_file", known)
    ExportPart.objects.filter(export=export).delete()


def _check(export: ExportJob) -> None:
    if bool(export.dataset) == bool(export.query):
        raise InvalidInputError("an export is of a dataset or of a query: one of them")
    check(export, only=("name", "dataset", "format", "compression", "series", "since"))
    for name, names, most in (
        ("columns", export.columns, MOST_COLUMNS),
        ("order", export.order, MOST_ORDER),
        ("filter", export.filters, MOST_COLUMNS),
    ):
        if len(names) > most:
            raise LimitExceededError(f"{name} names at most {most} fields")
    if export.part_bytes and export.part_bytes < LEAST_PART_BYTES:
        raise InvalidInputError(f"partBytes is at least {LEAST_PART_BYTES:,}")
    if export.since:
        moment(export.since)
    if export.dataset.startswith(PREFIX):
        check_table(export)
    elif export.order and not is_external(export.dataset):
        raise InvalidInputError("only tables are put in an order; datasets have their own")
    if export.query and (export.filters or export.series or export.since):
        raise InvalidInputError("a query filters by itself, and has no series")


def _go_on_with_series(export: ExportJob) -> None:
    """Let it begin where the one before ended, less the overlap, and end now."""
    if ExportJob.objects.filter(series=export.series, state__in=UNFINISHED).exists():
        raise ConflictError(f"an export of the series {export.series} is under way")
    before = end_of_series(export.series)
    if before is not None and before.dataset != export.dataset:
        raise ConflictError(f"the series {export.series} is of {before.dataset or 'a query'}")
    if before is not None and not export.since:
        reached = moment(before.until) - EXPORT_OVERLAP.value()
        export.since = reached.isoformat()
    export.until = clock.now().isoformat()


def _refuse_many() -> None:
    most = EXPORTS_WAITING.value()
    if ExportJob.objects.filter(state__in=UNFINISHED).count() >= most:
        raise LimitExceededError(f"at most {most} exports wait or are written at a time")


def _enqueue(export: ExportJob) -> Any:
    return enqueue("importexport.export", str(export.pk))


def _leave(exports: Sequence[ExportJob | DomainError]) -> None:
    rows = [one for one in exports if not isinstance(one, DomainError)]
    for export in rows:
        # The files of one that is ready are the files service's, and whose they were given to.
        if export.state != ExportState.READY:
            drop_parts(export)
    if jobs := [one.job_id for one in rows if one.job_id and one.state in UNFINISHED]:
        cancel_all(Job.objects.filter(pk__in=jobs))
    told = [(str(one.pk), one.name) for one in rows]
    delete(exports)
    publish_all([ExportDeleted(export_id=id_, name=name) for id_, name in told])
