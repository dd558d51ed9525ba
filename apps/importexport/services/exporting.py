"""Exports are written: rows into parts in our own store, and these handed to the files service.

A job that begins again takes up what is there: what is written is handed over, what is not is
written anew. What waiting may heal is tried again by the job; all else is noted in the export, and
no fault of the job's.
"""

from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Sum

from apps.importexport.access import EXPORT_JOB
from apps.importexport.adapters.stores import export_store
from apps.importexport.conf import EXPORT_KEPT
from apps.importexport.domain.exports.names import content_type
from apps.importexport.errors import AbandonedError
from apps.importexport.models import ExportJob, ExportPart, ExportState
from apps.importexport.models.exports import UNFINISHED
from apps.importexport.services.deliveries import go_all
from apps.importexport.services.export_files import write_parts
from apps.importexport.services.export_sources import source_of
from apps.importexport.services.exports import drop_parts
from contracts.importexport import ExportExpired, ExportFailed, ExportFinished, ExportStarted
from kernel import clock
from kernel.errors import DomainError
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.identity.rights import remaining_rights
from kernel.jobs.models import Job, JobState
from kernel.jobs.running import current_job
from kernel.jobs.services import enqueue
from kernel.mesh.storing import NotStoredError, Outgoing, forget, store
from kernel.tenancy.context import acting_as, in_tenant

APP = "importexport"
_SWEPT_AT_ONCE = 500


def write_export(export_id: UUID) -> None:
    """Write what is missing of an export. Told twice, or after a crash, there is one of it."""
    export = _begin(export_id)
    if export is None:
        return
    try:
        if not export.written:
            with acting_as(remaining_rights(export.asked_by)):
                write_parts(export, source_of(export))
            if not _note_written(export):
                return
        _hand_over(export)
    except DomainError as error:
        if error.retryable:
            raise
        fail_export(export, error)
        return
    _finish(export)


@transaction.atomic
def fail_export(export: ExportJob, error: DomainError) -> None:
    """Note why an export comes to no file, if it is still wanted."""
    found = _going_on(export).select_for_update().first()
    if found is None:
        return
    found.state, found.finished_at = ExportState.FAILED, clock.now()
    found.error_code = error.code[:60]
    found.error_message = str(error)[:1000].replace("\0", "\N{REPLACEMENT CHARACTER}")
    found.save(update_fields=["state", "finished_at", "error_code", "error_message"])
    drop_parts(found)
    publish(
        ExportFailed(
            export_id=str(found.pk),
            name=found.name,
            error_code=found.error_code,
            error_message=found.error_message,
        )
    )


def sweep_exports() -> None:
    """End exports whose job has given up, and forget files that were kept as long as they are."""
    unfinished = ExportJob.across_tenants.filter(state__in=UNFINISHED).order_by("pk")
    for export in unfinished[:_SWEPT_AT_ONCE]:
        job = Job.objects.filter(pk__in=[export.job_id]).first()
        if job is None or job.state in (JobState.FAILED, JobState.CANCELLED):
            with in_tenant(export.tenant_id):
                fail_export(export, AbandonedError(job.last_error if job else "its job is gone"))
    strays = ExportPart.across_tenants.exclude(file_key="").exclude(export__state__in=UNFINISHED)
    for part in strays.select_related("export").order_by("pk")[:_SWEPT_AT_ONCE]:
        # What an attempt has stored that was stopped meanwhile.
        with in_tenant(part.tenant_id), transaction.atomic():
            drop_parts(part.export)
    over = ExportJob.across_tenants.filter(expires_at__lte=clock.now()).order_by("expires_at")
    for export in over[:_SWEPT_AT_ONCE]:
        with in_tenant(export.tenant_id):
            _expire(export)


def forget_file(known: str) -> None:
    """Let the files service remove a file, or what has come of one: `file:<id>`, `upload:<id>`."""
    kind, _, id_ = known.partition(":")
    try:
        forget(APP, reader_scope=EXPORT_JOB.read, **{f"{kind}_id": id_})
    except NotStoredError:
        # Somebody holds it: then it is theirs to keep.
        return


@transaction.atomic
def _begin(export_id: UUID) -> ExportJob | None:
    rows = ExportJob.objects.select_for_update().filter(pk=export_id, state__in=UNFINISHED)
    export = rows.first()
    if export is None:
        return None
    if export.state == ExportState.QUEUED:
        publish(ExportStarted(export_id=str(export.pk), name=export.name))
        export.started_at = clock.now()
    export.state = ExportState.RUNNING
    export.attempt += 1
    if not export.written:
        drop_parts(export)
    export.save(update_fields=["state", "attempt", "started_at"])
    return export


def _going_on(export: ExportJob) -> QuerySet[ExportJob]:
    """Return the row while this attempt is the one that writes it."""
    return ExportJob.objects.filter(pk=export.pk, state__in=UNFINISHED, attempt=export.attempt)


@transaction.atomic
def _note_written(export: ExportJob) -> bool:
    """Note that all parts are there; False when nobody wants them any more."""
    found = _going_on(export).select_for_update().first()
    if found is None:
        _forget_strays(export)
        return False
    parts = ExportPart.objects.filter(export=export)
    sums = parts.aggregate(rows=Sum("row_count"), size=Sum("size_bytes"))
    found.written, found.row_count, found.size_bytes = True, sums["rows"], sums["size"]
    found.save(update_fields=["written", "row_count", "size_bytes"])
    fault_point("importexport-written")
    return True


def _forget_strays(export: ExportJob) -> None:
    """Forget what was written of an export that was stopped, unless another attempt has begun."""
    if not ExportJob.objects.filter(pk=export.pk, state__in=UNFINISHED).exists():
        drop_parts(export)


def _hand_over(export: ExportJob) -> None:
    """Let the files service have all parts; raises what is retryable, or NotStoredError."""
    parts = ExportPart.objects.filter(export=export).order_by("position")
    total = parts.count()
    for part in parts.filter(file_id=None):
        current_job().progress(part.position - 1, total, "handing over files")
        file_id = store(
            Outgoing(
                app=APP,
                # Another attempt to write it has another place, and so is another upload.
                key=f"{part.pk}:{part.file_key}",
                name=part.name,
                content_type=content_type(export.format, export.compression),
                size_bytes=part.size_bytes,
                sha256=part.sha256,
                reader_scope=EXPORT_JOB.read,
                read=partial(export_store().read, part.file_key),
            ),
            upload_id=str(part.upload_id) if part.upload_id else None,
            note=partial(_note_upload, export, part),
        )
        fault_point("importexport-stored")
        ExportPart.objects.filter(pk=part.pk).update(file_id=UUID(file_id))


def _note_upload(export: ExportJob, part: ExportPart, upload_id: str) -> None:
    wanted = ExportPart.objects.filter(pk=part.pk, export__in=_going_on(export))
    if not wanted.update(upload_id=UUID(upload_id)):
        raise NotStoredError("nobody wants it any more", remote_code="")


@transaction.atomic
def _finish(export: ExportJob) -> None:
    """Let the export be had, if somebody wants it still."""
    found = _going_on(export).select_for_update().first()
    if found is None:
        return
    parts = list(ExportPart.objects.filter(export=found).order_by("position"))
    found.state, found.finished_at = ExportState.READY, clock.now()
    found.expires_at = found.finished_at + EXPORT_KEPT.value()
    found.result_id = parts[0].file_id
    found.save(update_fields=["state", "finished_at", "expires_at", "result_id"])
    for part in parts:
        enqueue("importexport.forget", part.file_key)
    ExportPart.objects.filter(export=found).update(file_key="")
    go_all(found)
    publish(
        ExportFinished(
            export_id=str(found.pk),
            name=found.name,
            dataset=found.dataset,
            format=found.format,
            file_ids=tuple(str(one.file_id) for one in parts),
            rows=found.row_count,
            size_bytes=found.size_bytes,
            series=found.series,
            until=found.until,
        )
    )


@transaction.atomic
def _expire(export: ExportJob) -> None:
    rows = ExportJob.objects.select_for_update()
    found = rows.filter(pk=export.pk, state=ExportState.READY, expires_at__isnull=False).first()
    if found is None:
        ExportJob.objects.filter(pk=export.pk).update(expires_at=None)
        return
    found.state, found.expires_at, found.result_id = ExportState.EXPIRED, None, None
    found.save(update_fields=["state", "expires_at", "result_id"])
    drop_parts(found)
    publish(ExportExpired(export_id=str(found.pk), name=found.name))


def forget_bytes(key: str) -> None:
    """Delete bytes of our own store that nobody needs any more."""
    export_store().delete(key)
