"""Archiving: logs of a month that has ended go into a file, and are read back before any of them
leaves the database."""

import hashlib
import io
import tempfile
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.db import transaction
from django.db.models import QuerySet

from apps.audit.adapters.columns import COLUMNS, GROUP, GROUP_BYTES, PLACES, Group
from apps.audit.adapters.stores import archive_store, file_at, new_file
from apps.audit.conf import archive_locked
from apps.audit.domain import notes
from apps.audit.domain.archives import Manifest, month_after, start_of, told_moment
from apps.audit.domain.retention import Rule
from apps.audit.lookups import placed
from apps.audit.models import Archive, ArchiveState, AuditLog, LogHead
from apps.audit.selectors.holds import not_held
from apps.audit.selectors.integrity import checkpoint_at
from apps.audit.selectors.placed import pages
from apps.audit.selectors.retention import logs_of, rules
from apps.audit.services.archive_checking import check_archive
from apps.audit.services.archive_records import failure_told, named, tell
from apps.audit.services.signing import signers
from contracts.audit import AuditArchived
from kernel import clock
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.jobs.running import current_job
from kernel.storage.port import new_key

#: Logs of one file: about 100 MB, and what is done again when a process dies.
MOST_LOGS = 1_000_000
#: How long an archive is locked that never expires.
LONGEST_LOCK = timedelta(days=3_653)


def archive_some(month: date, rule: Rule) -> Archive | None:
    """Archive the oldest logs of a month for which a rule counts; None when there are none left.

    The archive is verified: its file was read back from the store and every log held to the Merkle
    log. Its logs are in the database still. Raises AlteredError, and what the store raises.
    """
    logs = placed(not_held(logs_of(month, rule, rules())))
    if not logs.exists():
        return None
    archive = Archive.objects.create(
        month=month,
        actions=rule.actions,
        has_records=rule.archived,
        file_key=new_key("audit"),
        manifest_key=new_key("audit"),
        expires_at=_expiry(month, rule),
    )
    with tempfile.TemporaryDirectory(prefix="audit-archive-") as folder:
        file = Path(folder) / "logs.parquet"
        _write(file, logs, archive)
        fault_point("audit-archive-written")
        keep(archive, file)
    fault_point("audit-archive-kept")
    with failure_told(archive):
        check_archive(archive)
    fault_point("audit-archive-checked")
    with transaction.atomic():
        archive.state = ArchiveState.VERIFIED
        archive.save(update_fields=["state"])
        tell("made", archive)
        publish(
            AuditArchived(
                **named(archive),
                size_bytes=archive.size_bytes,
                sha256=bytes(archive.sha256).hex(),
            )
        )
    return archive


def discard_unfinished() -> None:
    """Remove what a process that died has left of archives that it was making."""
    for archive in Archive.objects.filter(state=ArchiveState.WRITING):
        archive_store().delete(archive.file_key)
        archive_store().delete(archive.manifest_key)
        archive.delete()


def forget_files() -> None:
    """Delete the files of all archives of the tenant, which goes itself."""
    for keys in Archive.objects.order_by("pk").values_list("file_key", "manifest_key"):
        for key in keys:
            archive_store().delete(key)


def keep(archive: Archive, file: Path) -> None:
    """Put the file of an archive into the store, and its signed manifest; tell the row of both."""
    with file_at(file) as reader:
        _describe(archive, reader.groups)
    lock = (archive.expires_at or clock.now() + LONGEST_LOCK) if archive_locked() else None
    store = archive_store()
    with file.open("rb") as source:
        hashed = _Hashed(source)
        archive.size_bytes = store.save(archive.file_key, cast(BinaryIO, hashed), locked_until=lock)
    archive.sha256 = hashed.sha256.digest()
    archive.manifest = _signed(archive)
    store.save(archive.manifest_key, io.BytesIO(archive.manifest.encode()), locked_until=lock)
    archive.save()


def _expiry(month: date, rule: Rule) -> datetime | None:
    if rule.archived_days is None or not rule.archived:
        return None
    return start_of(month_after(month)) + timedelta(days=rule.archived_days)


def _write(file: Path, logs: QuerySet[AuditLog], archive: Archive) -> None:
    names = COLUMNS if archive.has_records else PLACES
    writer = new_file(file, records=archive.has_records)
    waiting: list[tuple[Any, ...]] = []
    size = done = 0
    job = current_job()
    for rows in pages(logs, MOST_LOGS):
        for row in rows:
            waiting.append(row)
            size += len(row[-1])
            if len(waiting) == GROUP or size >= GROUP_BYTES:
                writer.write(_columns(waiting, names))
                done += len(waiting)
                waiting, size = [], 0
                job.progress(done, message=f"archiving {archive}")
    if waiting:
        writer.write(_columns(waiting, names))
    writer.close()


def _columns(rows: list[tuple[Any, ...]], names: Sequence[str]) -> list[Sequence[Any]]:
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    return [columns[name] for name in names]


def _describe(archive: Archive, groups: Sequence[Group]) -> None:
    archive.logs = sum(one.logs for one in groups)
    archive.first_id, archive.last_id = groups[0].first_id, groups[-1].last_id
    archive.first_position = min(one.first_position for one in groups)
    archive.last_position = max(one.last_position for one in groups)
    archive.occurred_from = min(one.occurred_from for one in groups)
    archive.occurred_to = max(one.occurred_to for one in groups)


def _signed(archive: Archive) -> str:
    origin = LogHead.objects.values_list("origin", flat=True).get()
    manifest = Manifest(
        archive=str(archive.pk),
        log=origin,
        tenant=str(archive.tenant_id),
        month=f"{archive.month:%Y-%m}",
        actions=archive.actions,
        file=archive.file_key,
        sha256=bytes(archive.sha256).hex(),
        bytes=archive.size_bytes,
        logs=archive.logs,
        records=archive.has_records,
        first_id=str(archive.first_id),
        last_id=str(archive.last_id),
        first_position=archive.first_position or 0,
        last_position=archive.last_position or 0,
        occurred_from=told_moment(archive.occurred_from),
        occurred_to=told_moment(archive.occurred_to),
        checkpoint=checkpoint_at().note,
        made_at=told_moment(archive.made_at),
    )
    return notes.sign(str(manifest), origin, signers())


class _Hashed:
    """A source whose bytes are hashed as they are read."""

    def __init__(self, source: BinaryIO) -> None:
        self._read = source.read
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._read(size)
        self.sha256.update(data)
        return data
