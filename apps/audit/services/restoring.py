"""Restoring: archived logs come back into the database for a while."""

from datetime import timedelta

from django.db import transaction

from apps.audit.models import Archive, ArchiveState, AuditLog, AuditLogTarget
from apps.audit.selectors.archived import log_of, reader_of
from apps.audit.selectors.months import Month
from apps.audit.services.archive_checking import check_archive
from apps.audit.services.archive_records import failure_told, named, tell
from apps.audit.services.partitions import make_for
from contracts.audit import AuditArchiveRestored
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, NotFoundError
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.ids import parse_id
from kernel.jobs.running import current_job
from kernel.jobs.services import enqueue
from kernel.rows import locked

#: How long restored logs stay, if nobody says otherwise, and at most.
RESTORED_DAYS = 30
MOST_RESTORED_DAYS = 3_650
AT_ONCE = 200


@transaction.atomic
def restore_archive(*, id: str, days: int | None = None) -> Archive:
    """Let the logs of an archive come back into the database for so many days, by a job.

    Telling it again only moves the day on which they go. Raises ConflictError for what has none.
    """
    days = RESTORED_DAYS if days is None else days
    if not 1 <= days <= MOST_RESTORED_DAYS:
        raise InvalidInputError(f"days are 1 to {MOST_RESTORED_DAYS}, found {days}")
    archive = locked(Archive, id)
    if not archive.has_records:
        raise ConflictError("the logs of this archive were let go; their places are left")
    if archive.state not in {
        ArchiveState.ARCHIVED,
        ArchiveState.RESTORING,
        ArchiveState.RESTORED,
    }:
        raise ConflictError(f"the archive is {archive.state}: its logs are in the database")
    archive.restored_until = clock.now() + timedelta(days=days)
    if archive.state == ArchiveState.ARCHIVED:
        archive.state = ArchiveState.RESTORING
        tell("restored", archive, until=archive.restored_until.isoformat())
        enqueue("audit.restore", str(archive.pk))
    archive.save(update_fields=["state", "restored_until"])
    return archive


def restore_logs(archive: Archive) -> None:
    """Put the logs of an archive back. Those that are there already are passed over."""
    if archive.state != ArchiveState.RESTORING:
        return
    with failure_told(archive):
        check_archive(archive)
    # In the default partition they would be in the way of those that are made ahead.
    make_for(Month(archive.month.year, archive.month.month))
    reader = reader_of(archive)
    done = 0
    for group in reader.groups:
        rows = reader.rows(group)
        for start in range(0, len(rows), AT_ONCE):
            logs = [log_of(row) for row in rows[start : start + AT_ONCE]]
            _put_back(logs)
            fault_point("audit-logs-put-back")
            done += len(logs)
            current_job().progress(done, archive.logs, f"restoring {archive}")
    _close_restored(archive)


@transaction.atomic
def _close_restored(archive: Archive) -> None:
    restoring = Archive.objects.select_for_update().filter(state=ArchiveState.RESTORING)
    found = restoring.filter(pk=archive.pk).first()
    if found is None or found.restored_until is None:
        return
    found.state = ArchiveState.RESTORED
    found.save(update_fields=["state"])
    publish(AuditArchiveRestored(**named(found), restored_until=found.restored_until))


@transaction.atomic
def _put_back(logs: list[AuditLog]) -> None:
    ids = [log.pk for log in logs]
    there = set(AuditLog.objects.filter(pk__in=ids).values_list("pk", flat=True))
    missing = [log for log in logs if log.pk not in there]
    AuditLog.objects.bulk_create(missing)
    AuditLogTarget.objects.bulk_create(
        AuditLogTarget(log=log, tenant_id=log.tenant_id, type=kind, target_id=target_id)
        for log in missing
        for kind, target_id in {(one["type"], one["id"]): None for one in log.targets}
    )


def archive_anywhere(archive_id: str) -> Archive:
    """Return an archive of any tenant, for whoever runs the platform; raises NotFoundError."""
    archive = Archive.across_tenants.filter(pk=parse_id(archive_id)).first()
    if archive is None:
        raise NotFoundError(f"no archive {archive_id}")
    return archive


def restore_now(*, id: str, days: int) -> Archive:
    """Restore an archive here and not by a job."""
    archive = restore_archive(id=id, days=days)
    restore_logs(archive)
    return archive
