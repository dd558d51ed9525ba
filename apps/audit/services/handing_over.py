"""The files of exports in the files service: handed over by a job, given out, and removed there.

Until one is there and was scanned, audit gives out its own copy, so nobody waits for it.
"""

import logging
from functools import partial
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.audit.access import EXPORT, PERSONAL
from apps.audit.adapters.export_files import CONTENT_TYPES
from apps.audit.adapters.stores import archive_store
from apps.audit.models import AuditExport, ExportState
from kernel import clock
from kernel.errors import DomainError
from kernel.faults import fault_point
from kernel.jobs.services import enqueue
from kernel.mesh.storing import NotStoredError, Outgoing, address_of, forget, store
from kernel.tenancy.context import in_tenant

logger = logging.getLogger(__name__)

SWEPT_AT_ONCE = 100


def enqueue_handing_over(export: AuditExport) -> None:
    """Let a job hand the file over, in the caller's transaction; one at a time is enough."""
    enqueue(
        "audit.hand_over_export",
        str(export.pk),
        tenant_id=export.tenant_id,
        live_key=f"audit.hand_over_export {export.pk}",
    )


def hand_over(export_id: UUID) -> None:
    """Let the files service have the file of an export; begun again at any time, it has one.

    Raises what is retryable while it is away or has not scanned it; the export shows why.
    """
    rows = AuditExport.objects.filter(pk=export_id)
    export = rows.filter(_to_hand_over()).first()
    if export is None:
        return
    try:
        if export.file_id is None:
            file_id = store(
                _outgoing(export),
                upload_id=str(export.upload_id) if export.upload_id else None,
                note=partial(_note, rows),
            )
            fault_point("audit-export-stored")
            rows.update(file_id=UUID(file_id), storing_problem="")
            export.refresh_from_db()
        address_in_files(export)
    except DomainError as error:
        rows.update(storing_problem=f"{error.code}: {error}"[:500])
        raise
    if rows.filter(_to_hand_over()).update(file_key="", storing_problem=""):
        archive_store().delete(export.file_key)


def address_in_files(export: AuditExport) -> str:
    """Return where whoever is given it fetches the file from; raises what is retryable.

    NotFoundError says that somebody has removed it there.
    """
    return address_of("audit", reader_scope=reader_scope(export), file_id=str(export.file_id))


def enqueue_all_handing_over() -> None:
    """Let those be handed over whose job gave up, or went missing."""
    rows = AuditExport.across_tenants.filter(_to_hand_over()).order_by("pk")
    for export in rows[:SWEPT_AT_ONCE]:
        with in_tenant(export.tenant_id):
            enqueue_handing_over(export)


def remove_from_files(export: AuditExport) -> bool:
    """Let the files service remove the file; False when that has to be tried again."""
    rows = AuditExport.objects.filter(pk=export.pk)
    try:
        forget(
            "audit",
            reader_scope=reader_scope(export),
            upload_id=str(export.upload_id),
            file_id=str(export.file_id or ""),
        )
    except DomainError as error:
        logger.warning("the file of export %s is not removed yet: %s", export.pk, error)
        rows.update(storing_problem=f"{error.code}: {error}"[:500])
        return False
    rows.update(upload_id=None, file_id=None, storing_problem="")
    return True


def reader_scope(export: AuditExport) -> str:
    """Return what it takes to see the file: what it took to ask for the export."""
    return PERSONAL if export.personal else EXPORT


def _to_hand_over() -> Q:
    return ~Q(file_key="") & Q(state=ExportState.DONE, expires_at__gt=clock.now())


def _note(rows: QuerySet[AuditExport], upload_id: str) -> None:
    if not rows.filter(_to_hand_over()).update(upload_id=UUID(upload_id)):
        # Expired meanwhile, or withdrawn: nothing of it may leave.
        raise NotStoredError("the export is over", remote_code="")


def _outgoing(export: AuditExport) -> Outgoing:
    return Outgoing(
        app="audit",
        key=str(export.pk),
        name=export.file_name,
        content_type=CONTENT_TYPES[export.format],
        size_bytes=export.size_bytes,
        sha256=export.sha256,
        reader_scope=reader_scope(export),
        read=partial(archive_store().read, export.file_key),
    )
