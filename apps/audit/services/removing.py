"""Letting go: archived logs leave the database, and in the end the archive; it is on record."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID, uuid5

from django.db import connection, transaction

from apps.audit.adapters.columns import PLACES
from apps.audit.adapters.stores import archive_store, new_file, stored_file
from apps.audit.models import Archive, ArchiveState, AuditLog, AuditLogTarget, KnownKey
from apps.audit.selectors.archived import reader_of
from apps.audit.selectors.holds import held_in, not_held
from apps.audit.selectors.words import PARTS, parts_indexed
from apps.audit.services.archive_checking import check_archive
from apps.audit.services.archive_records import failure_told, named, tell
from apps.audit.services.archiving import keep
from apps.audit.services.holds import hold_still
from contracts.audit import AuditArchiveExpired, AuditArchiveRemoved
from kernel import clock
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.jobs.running import current_job
from kernel.jobs.services import enqueue
from kernel.tenancy.context import current_tenant_id

#: Logs that one transaction deletes: about 30 ms on SQLite, most of it for the words.
AT_ONCE = 200

# The tenant's oldest words are the first that the index gives, and the oldest logs go first.
_SOME_WORDS = """
    DELETE FROM {index} WHERE rowid IN (
        SELECT rowid FROM {index} WHERE words MATCH %s AND log_id IN ({ids}) LIMIT %s
    )
"""


def remove_logs(archive: Archive) -> bool:
    """Delete the logs of a verified archive from the database, but for what a hold is on.

    Returns whether all are gone. Broken off at any moment it is called again.
    """
    if archive.state != ArchiveState.REMOVING:
        archive.state = ArchiveState.REMOVING
        archive.save(update_fields=["state"])
    reader = reader_of(archive)
    done = left = 0
    for group in reader.groups:
        for some in _some(reader.ids(group)):
            left += _remove(some)
            fault_point("audit-logs-removed")
            done += len(some)
            current_job().progress(done, archive.logs, f"removing {archive}")
    if left:
        return False
    close_removed(archive)
    return True


@transaction.atomic
def close_removed(archive: Archive) -> None:
    """Say that the logs of an archive are nowhere else from now on."""
    archive.state, archive.removed_at, archive.restored_until = (
        ArchiveState.ARCHIVED,
        clock.now(),
        None,
    )
    archive.save(update_fields=["state", "removed_at", "restored_until"])
    tell("removed", archive)
    publish(AuditArchiveRemoved(**named(archive)))


def expire(archive: Archive) -> bool:
    """Let go the logs of an archive whose time is over; ids and places stay, and are signed anew.

    Not while a hold is on any of them: returns whether it was done.
    """
    if held_in(archive):
        return False
    old = archive.file_key, archive.manifest_key
    # Those of an attempt that was broken off are written over.
    archive.file_key, archive.manifest_key = _key(archive, "places"), _key(archive, "manifest")
    with tempfile.TemporaryDirectory(prefix="audit-archive-") as folder:
        file = Path(folder) / "places.parquet"
        _write_places(file, old[0], archive.size_bytes)
        archive.has_records, archive.expires_at = False, None
        with failure_told(archive), transaction.atomic(), hold_still():
            if held_in(Archive.objects.get(pk=archive.pk)):
                return False
            keep(archive, file)
            check_archive(archive)
            fault_point("audit-places-kept")
            tell("expired", archive)
            publish(AuditArchiveExpired(**named(archive)))
            for key in old:
                enqueue("audit.delete_file", key)
    return True


def delete_file(key: str) -> None:
    """Delete a file that no archive names any more."""
    archive_store().delete(key)


@transaction.atomic
def _remove(log_ids: Sequence[UUID]) -> int:
    """Delete those of these logs that no hold is on; return how many it leaves."""
    with hold_still():
        there = set(AuditLog.objects.filter(pk__in=log_ids).values_list("pk", flat=True))
        if not there:
            return 0
        free = set(not_held(AuditLog.objects.filter(pk__in=there)).values_list("pk", flat=True))
        _forget(sorted(free))
    return len(there - free)


def _forget(log_ids: list[UUID]) -> None:
    if not log_ids:
        return
    if connection.vendor == "sqlite":
        _forget_words(log_ids)
    logs = AuditLog.objects.filter(pk__in=log_ids)
    keys = [key for key in logs.values_list("idempotency_key", flat=True) if key is not None]
    KnownKey.objects.filter(key__in=keys, log_id__in=log_ids).delete()
    targets = AuditLogTarget.objects.filter(log__in=log_ids)
    # Nothing hangs on them that Django would have to look for first.
    targets._raw_delete(targets.db)  # noqa: SLF001
    logs._raw_delete(logs.db)  # noqa: SLF001


def _forget_words(log_ids: list[UUID]) -> None:
    marks = ", ".join(["%s"] * len(log_ids))
    values: list[str | int] = [
        f'"{current_tenant_id().hex}"',
        *(one.hex for one in log_ids),
        len(log_ids),
    ]
    with connection.cursor() as cursor:
        for index in ("audit_words", PARTS) if parts_indexed() else ("audit_words",):
            cursor.execute(_SOME_WORDS.format(index=index, ids=marks), values)


def _key(archive: Archive, part: str) -> str:
    name = str(uuid5(archive.pk, part))
    return f"audit/{name[-2:]}/{name}"


def _write_places(file: Path, key: str, size: int) -> None:
    reader = stored_file(key, size)
    writer = new_file(file, records=False)
    for group in reader.groups:
        rows = reader.rows(group)
        columns = {name: [getattr(one, name) for one in rows] for name in PLACES}
        columns["id"] = [one.bytes for one in columns["id"]]
        writer.write([columns[name] for name in PLACES])
    writer.close()


def _some(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
