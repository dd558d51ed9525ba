"""Exports: asked for and taken back by people, made by a job, kept for a while; all on record."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import QuerySet

from apps.audit.access import PERSONAL
from apps.audit.adapters.export_files import Made, encoder
from apps.audit.adapters.stores import archive_store
from apps.audit.domain.entries import Actor, Entry, Target
from apps.audit.domain.exporting import Told
from apps.audit.domain.queries import LogQuery, QueryError
from apps.audit.errors import LogAlteredError
from apps.audit.models import AuditExport, ExportState, LogHead
from apps.audit.models.exports import KEPT_SOMEWHERE, UNFINISHED
from apps.audit.selectors.exports import Link, export_with_file, logs_in, opened
from apps.audit.services.handing_over import (
    address_in_files,
    enqueue_handing_over,
    remove_from_files,
)
from apps.audit.services.recording import record_event
from apps.audit.services.sealing import seal_log
from contracts.audit import AuditExportFinished
from contracts.envelope import SYSTEM
from kernel import clock
from kernel.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
)
from kernel.events.actors import current_actor
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.jobs.models import Job, JobState
from kernel.jobs.operations import cancel_all
from kernel.jobs.running import current_job
from kernel.jobs.services import enqueue
from kernel.reading import by_key
from kernel.rows import check, locked
from kernel.storage.port import new_key
from kernel.tenancy.context import ALL_SCOPES, acting_principal, in_tenant, require

logger = logging.getLogger(__name__)

#: Exports of a tenant that wait or are made at a time.
MOST_OPEN = 20
#: How long a file can be had, and how long what is known of it is shown.
KEPT = timedelta(days=1)
SHOWN = timedelta(days=30)
#: Exports that one look at old ones takes.
SWEPT_AT_ONCE = 100


@transaction.atomic
def export_logs(
    *,
    format: str,
    query: LogQuery | None = None,
    personal: bool = False,
) -> AuditExport:
    """Let a job write the logs that are looked for into a file.

    With personal fields in clear it takes audit:personal. Raises ForbiddenError, InvalidInputError,
    LimitExceededError.
    """
    if personal:
        require(PERSONAL)
    who = current_actor()
    export = AuditExport(
        format=format,
        query=(query or LogQuery()).told(),
        personal=personal,
        owner_type=who.type,
        owner_id=who.id,
        owner_name=who.name,
    )
    check(export, only=("format", "query"))
    if AuditExport.objects.filter(state__in=UNFINISHED).count() >= MOST_OPEN:
        raise LimitExceededError(f"at most {MOST_OPEN} exports wait or are made at a time")
    export.job_id = enqueue("audit.export", str(export.pk))
    export.save()
    _record(export, "requested", Actor(type=who.type, id=who.id, name=who.name))
    return export


@transaction.atomic
def cancel_export(*, id: str) -> AuditExport:
    """Take an export of one's own back; what was written of it goes. Twice changes nothing.

    Raises ConflictError when it has ended otherwise.
    """
    export = locked(AuditExport, id)
    who = acting_principal()
    if who and export.owner_id not in {SYSTEM.id, who.id} and not who.may(ALL_SCOPES):
        raise ForbiddenError(f"the export is {export.owner_name or 'another'}'s")
    if export.state == ExportState.CANCELLED:
        return export
    if export.state not in UNFINISHED:
        raise ConflictError(f"the export is {export.state} already")
    _end(export, ExportState.CANCELLED)
    cancel_all(_job_of(export))
    actor = current_actor()
    _record(export, "cancelled", Actor(type=actor.type, id=actor.id, name=actor.name))
    return export


def make_export(export_id: UUID) -> None:
    """Write the file of an export. Begun again after a crash, it writes another in its place."""
    export = _begin(export_id)
    if export is None:
        return
    try:
        made = Made(encoder(export.format)(_counted(export)))
        archive_store().save(export.file_key, made.as_file())
        fault_point("audit-export-kept")
    except (QueryError, orjson.JSONDecodeError, DomainError) as error:
        _fail(export, _as_told(error))
        raise _as_told(error) from error
    export.size_bytes, export.sha256 = made.size, made.sha256.hexdigest()
    if not _finish(export):
        archive_store().delete(export.file_key)


def download(token: str) -> tuple[AuditExport, str]:
    """Return the export that a link leads to, after it is on record who was given it.

    With it comes the address of its file, which is empty while audit has it. Raises NotFoundError,
    and what is retryable while the files service is away.
    """
    link = opened(token)
    export = export_with_file(link)
    with in_tenant(link.tenant_id):
        address = "" if export.file_key else address_in_files(export)
        with transaction.atomic():
            _record(export, "downloaded", _actor_of(link, export))
    return export, address


def withdraw_personal() -> None:
    """Let no file be had any more in which something personal may be that was erased since."""
    read = (ExportState.RUNNING, ExportState.DONE)
    live = AuditExport.objects.filter(personal=True, state__in=read)
    now = clock.now()
    if live.update(state=ExportState.EXPIRED, expires_at=now, finished_at=now):
        enqueue("audit.sweep_exports")


def sweep() -> None:
    """Delete files whose time is over, end exports whose job has ended, forget old ones."""
    over = AuditExport.across_tenants.filter(KEPT_SOMEWHERE, expires_at__lte=clock.now())
    for export in over.order_by("expires_at")[:SWEPT_AT_ONCE]:
        with in_tenant(export.tenant_id):
            _remove_file(export)
    for export in by_key(AuditExport.across_tenants.filter(state__in=UNFINISHED)):
        with in_tenant(export.tenant_id):
            _end_with_its_job(export)
    old = AuditExport.across_tenants.exclude(KEPT_SOMEWHERE)
    old = old.filter(finished_at__lt=clock.now() - SHOWN)
    for export in old.order_by("pk")[:SWEPT_AT_ONCE]:
        with in_tenant(export.tenant_id):
            AuditExport.objects.filter(pk=export.pk).delete()


def _remove_file(export: AuditExport) -> None:
    """Delete the file of an export that is over, here and in the files service."""
    rows = AuditExport.objects.filter(pk=export.pk, file_key=export.file_key)
    if export.file_key:
        archive_store().delete(export.file_key)
    rows.filter(state=ExportState.DONE).update(state=ExportState.EXPIRED)
    rows.update(file_key="")
    if export.upload_id is not None:
        remove_from_files(export)


def forget_exports() -> None:
    """Delete the files of all exports of the tenant, which goes itself."""
    keys = AuditExport.objects.exclude(file_key="").values_list("file_key", flat=True)
    for key in list(keys):
        archive_store().delete(key)


def _begin(export_id: UUID) -> AuditExport | None:
    """Return the export if there is something to make; the file of a former attempt is deleted."""
    try:
        # What was recorded before it was asked for is in it.
        seal_log()
    except LogAlteredError:
        # Whoever finds out what happened needs the logs as they are.
        logger.exception("an export goes on with what was sealed before")
    with transaction.atomic():
        rows = AuditExport.objects.select_for_update()
        export = rows.filter(pk=export_id, state__in=UNFINISHED).first()
        if export is None:
            return None
        former, export.file_key = export.file_key, new_key("audit")
        export.state = ExportState.RUNNING
        if export.log_size is None:
            export.log_size = LogHead.objects.values_list("size", flat=True).first() or 0
        export.save(update_fields=["state", "file_key", "log_size"])
    if former:
        archive_store().delete(former)
    return export


def _counted(export: AuditExport) -> Iterator[list[Told]]:
    """Yield the pages of an export, and tell the job how far it is."""
    export.logs = 0
    for page in logs_in(export):
        export.logs += len(page)
        current_job().progress(export.logs, message=f"exporting {export}")
        fault_point("audit-export-page")
        if page:
            yield page


@transaction.atomic
def _finish(export: AuditExport) -> bool:
    """Let the file be had; False when the export was taken back, or is another's work by now."""
    rows = AuditExport.objects.select_for_update().filter(pk=export.pk, file_key=export.file_key)
    if rows.filter(state=ExportState.RUNNING).first() is None:
        return False
    export.state, export.finished_at = ExportState.DONE, clock.now()
    export.expires_at = export.finished_at + KEPT
    export.save()
    enqueue_handing_over(export)
    _record(export, "finished", _owner(export), sha256=export.sha256, sizeBytes=export.size_bytes)
    publish(
        AuditExportFinished(
            export_id=str(export.pk),
            owner_id=export.owner_id,
            format=export.format,
            personal=export.personal,
            logs=export.logs,
            size_bytes=export.size_bytes,
            sha256=export.sha256,
            expires_at=export.expires_at,
        )
    )
    return True


def _as_told(error: Exception) -> DomainError:
    """Return it as an error whose code says whether trying again may help."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, QueryError):
        return InvalidInputError(str(error))
    return LogAlteredError("a stored record is no JSON: run `manage.py audit_verify`")


@transaction.atomic
def _fail(export: AuditExport, error: DomainError) -> None:
    """Write down why there will be no file; what trying again may heal is left to the job."""
    if error.retryable:
        return
    rows = AuditExport.objects.select_for_update().filter(pk=export.pk, file_key=export.file_key)
    found = rows.filter(state=ExportState.RUNNING).first()
    if found is not None:
        _end(found, ExportState.FAILED, f"{error.code}: {error}"[:500])


def _end_with_its_job(export: AuditExport) -> None:
    job = _job_of(export).first()
    if job is not None and job.state not in (JobState.FAILED, JobState.CANCELLED):
        return
    with transaction.atomic():
        found = AuditExport.objects.select_for_update().filter(pk=export.pk, state__in=UNFINISHED)
        if (row := found.first()) is not None:
            cancelled = job is not None and job.state == JobState.CANCELLED
            state = ExportState.CANCELLED if cancelled else ExportState.FAILED
            _end(row, state, (job.last_error if job else "its job is gone")[:500])


def _end(export: AuditExport, state: ExportState, problem: str = "") -> None:
    export.state, export.problem = state, problem
    export.finished_at = export.expires_at = clock.now()
    export.save(update_fields=["state", "problem", "finished_at", "expires_at"])


def _job_of(export: AuditExport) -> QuerySet[Job]:
    return Job.objects.filter(pk__in=[export.job_id])


def _owner(export: AuditExport) -> Actor:
    return Actor(type=export.owner_type, id=export.owner_id, name=export.owner_name)


def _actor_of(link: Link, export: AuditExport) -> Actor:
    own = link.actor_id == export.owner_id
    return Actor(type=link.actor_type, id=link.actor_id, name=export.owner_name if own else "")


def _record(export: AuditExport, verb: str, actor: Actor, **more: Any) -> None:
    """Put on record who took logs out, by which question, and how many they were."""
    told = {"format": export.format, "filter": export.query, "personal": export.personal}
    if export.state == ExportState.DONE:
        told["logs"] = export.logs
    record_event(
        Entry(
            action=f"audit.export.{verb}",
            occurred_at=clock.now(),
            actor=actor,
            targets=(Target(type="AuditExport", id=str(export.pk), name=str(export)),),
            metadata=told | more,
        )
    )
