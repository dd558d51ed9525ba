"""Holding an archive to its manifest, to the log's keys, and each of its logs to the Merkle log."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from apps.audit.adapters.stores import archive_store, stored_file
from apps.audit.domain.archives import Manifest, told_moment
from apps.audit.domain.merkle import HASH_BYTES, WIDTH, TileId, leaf_hash
from apps.audit.domain.notes import MAX_NOTE_BYTES, NoteError
from apps.audit.models import Archive, Leaf
from apps.audit.selectors.integrity import keys_of_log, raw, tiles
from apps.audit.selectors.placed import have_places
from apps.audit.services.comparing import UNREADABLE, AlteredError
from kernel.errors import NotFoundError
from kernel.jobs.running import current_job

#: Logs that are held to the tree at once: at most as many tiles are in memory.
AT_ONCE = 4_096
#: What a row of an archive tells too, by its name in the manifest.
_TOLD: dict[str, Callable[[Archive], Any]] = {
    "archive": lambda one: str(one.pk),
    "tenant": lambda one: str(one.tenant_id),
    "month": lambda one: f"{one.month:%Y-%m}",
    "actions": lambda one: one.actions,
    "file": lambda one: one.file_key,
    "sha256": lambda one: raw(one.sha256).hex(),
    "bytes": lambda one: one.size_bytes,
    "logs": lambda one: one.logs,
    "records": lambda one: one.has_records,
    "first_id": lambda one: str(one.first_id),
    "last_id": lambda one: str(one.last_id),
    "first_position": lambda one: one.first_position,
    "last_position": lambda one: one.last_position,
    "occurred_from": lambda one: told_moment(one.occurred_from),
    "occurred_to": lambda one: told_moment(one.occurred_to),
    "made_at": lambda one: told_moment(one.made_at),
}


def check_archive(archive: Archive) -> None:
    """Read an archive back from its store; raises AlteredError at the first thing that differs."""
    where = f"archive {archive.pk}"
    try:
        _check_manifest(archive, where)
        _check_bytes(archive, where)
        reader = stored_file(archive.file_key, archive.size_bytes)
        logs = 0
        for group in reader.groups:
            current_job().check()
            logs += _check_group(*reader.placed(group), where)
        if logs != archive.logs:
            raise AlteredError(f"{where} has {logs} logs, its manifest says {archive.logs}")
    except NotFoundError as error:
        raise AlteredError(f"{where}: {error}") from None
    except (OSError, *UNREADABLE) as error:
        raise AlteredError(f"{where} cannot be read: {error}") from None


def _check_manifest(archive: Archive, where: str) -> None:
    stored = b"".join(archive_store().read(archive.manifest_key, length=MAX_NOTE_BYTES + 1))
    if stored != archive.manifest.encode():
        raise AlteredError(f"{where}: the manifest in the store is another than in the database")
    try:
        manifest = Manifest.opened(archive.manifest, [key for key, _ in keys_of_log()])
    except NoteError as error:
        raise AlteredError(f"the manifest of {where}: {error}") from None
    told: dict[str, Any] = asdict(manifest)
    for name, of_row in _TOLD.items():
        if told[name] != of_row(archive):
            raise AlteredError(f"{where} has another {name} than its manifest: {told[name]}")


def _check_bytes(archive: Archive, where: str) -> None:
    sha256, size = hashlib.sha256(), 0
    for chunk in archive_store().read(archive.file_key):
        sha256.update(chunk)
        size += len(chunk)
    if (sha256.digest(), size) != (raw(archive.sha256), archive.size_bytes):
        raise AlteredError(f"the file of {where} is not the one that its manifest names")


def _check_group(
    log_ids: Sequence[bytes], places: Sequence[int], records: Sequence[bytes] | None, where: str
) -> int:
    """Hold logs of a file to their leaves and to the tree; return how many there are."""
    if not have_places(log_ids, places):
        _refuse_misplaced(log_ids, places, where)
    for start in range(0, len(log_ids) if records else 0, AT_ONCE):
        some = slice(start, start + AT_ONCE)
        _check_records(log_ids[some], places[some], (records or ())[some], where)
    return len(log_ids)


def _check_records(
    log_ids: Sequence[bytes], places: Sequence[int], records: Sequence[bytes], where: str
) -> None:
    held = tiles(TileId(0, number) for number in {place // WIDTH for place in places})
    for log_id, place, record in zip(log_ids, places, records, strict=True):
        at = place % WIDTH * HASH_BYTES
        sealed = held.get(TileId(0, place // WIDTH), b"")[at : at + HASH_BYTES]
        if leaf_hash(record) != sealed:
            raise AlteredError(
                f"audit log {_id(log_id)} of {where} is not the one that was sealed at {place}"
            )


def _refuse_misplaced(log_ids: Sequence[bytes], places: Sequence[int], where: str) -> None:
    for log_id, place in zip(map(_id, log_ids), places, strict=True):
        if not Leaf.objects.filter(pk=log_id, position=place).exists():
            raise AlteredError(f"audit log {log_id} of {where} has another place in the log")


def _id(told: bytes) -> UUID:
    return UUID(bytes=told)
