"""Exports of tenants: what each app has, as JSON Lines in a ZIP, with a manifest."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import orjson

from kernel import clock
from kernel.errors import DomainError, NotFoundError
from kernel.identity.departures import ExportState, TenantExport
from kernel.identity.models import Tenant
from kernel.jobs.registry import job, periodic
from kernel.services import BY_NAME
from kernel.storage import storage
from kernel.storage.port import new_key
from kernel.tenancy.context import in_tenant
from kernel.tenancy.parts import PARTS, Row

FORMAT = "septet-tenant-export/1"
MANIFEST = "manifest.json"
#: How long the file can be had.
KEPT = timedelta(days=7)
#: How often at most the progress is written down.
PROGRESS_SECONDS = 1.0
_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """What the manifest says of a file beside it."""

    name: str
    rows: int
    bytes: int
    sha256: str


@job("identity.export_tenant", timeout=timedelta(hours=12))
def export_tenant_to_storage(export_id: str) -> None:
    """Write an export's file. Run again it begins anew, and replaces what there was."""
    export = TenantExport.objects.select_related("tenant").filter(pk=export_id).first()
    if export is None:
        raise NotFoundError(f"no export {export_id}: its tenant is gone")
    if export.state == ExportState.DONE:
        return
    export.state, export.rows_total = ExportState.RUNNING, rows_to_export(export.tenant)
    export.storage_key = export.storage_key or new_key("exports")
    export.save(update_fields=["state", "rows_total", "storage_key"])
    with TemporaryFile() as file:
        write_export(export.tenant, file, _Progress(export))
        file.seek(0)
        export.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        export.size_bytes = storage().save(export.storage_key, file)
    export.state, export.finished_at = ExportState.DONE, clock.now()
    export.rows_done = export.rows_total
    export.save(update_fields=["state", "sha256", "size_bytes", "rows_done", "finished_at"])


def rows_to_export(tenant: Tenant) -> int:
    """Return how many rows an export would have now, and contents beside them."""
    return sum(
        sum(part.count(tenant.pk).values()) + part.count_contents(tenant.pk)
        for part in PARTS.values()
    )


def write_export(
    tenant: Tenant, file: IO[bytes], on_rows: Callable[[int], object]
) -> list[ExportedFile]:
    """Write the ZIP and return what is in it; `on_rows` is told of every row that was written.

    Contents of rows are under `<app>/contents/`, by the ids of their rows; the manifest names those
    that cannot be read.

    Tables are read one after the other: a tenant that should not change meanwhile is suspended
    first. What services of other processes have is not in it, and the manifest says so.
    """
    told: list[ExportedFile] = []
    unreadable: dict[str, str] = {}
    with ZipFile(file, "w", ZIP_DEFLATED) as archive, in_tenant(tenant.pk):
        for app, part in sorted(PARTS.items()):
            for name, rows in part.export(tenant.pk):
                told.append(_write(archive, f"{app}/{name}.jsonl", rows, on_rows))
            for name, chunks in part.contents(tenant.pk):
                path = f"{app}/contents/{name}"
                if why := _write_content(archive, path, chunks):
                    unreadable[path] = why
                on_rows(1)
        manifest = {
            "format": FORMAT,
            "tenant": {"id": tenant.pk, "slug": tenant.slug, "name": tenant.name},
            "exported_at": clock.now(),
            "files": [asdict(one) for one in told],
            "unreadable": unreadable,
            "elsewhere": sorted(BY_NAME.keys() - PARTS.keys()),
        }
        archive.writestr(MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    return told


def read_export(export: TenantExport) -> Iterator[bytes]:
    """Give the file in chunks; raises NotFoundError when it is not there yet, or no longer."""
    if export.state != ExportState.DONE or not export.storage_key:
        raise NotFoundError(f"the export {export} has no file")
    return storage().read(export.storage_key)


@periodic("identity.expire_exports", every=timedelta(hours=1))
def expire_exports(_target: str) -> None:
    """Remove exports that were made long ago, with their files."""
    for export in TenantExport.objects.filter(finished_at__lt=clock.now() - KEPT):
        discard_export(export)


def discard_export(export: TenantExport) -> None:
    """Remove an export with its file."""
    if export.storage_key:
        storage().delete(export.storage_key)
    export.delete()


class _Progress:
    """Counts rows, and writes the count down now and then."""

    def __init__(self, export: TenantExport) -> None:
        self._export = export
        self._next = time.monotonic() + PROGRESS_SECONDS
        self._done = 0

    def __call__(self, rows: int) -> None:
        self._done += rows
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PROGRESS_SECONDS
            TenantExport.objects.filter(pk=self._export.pk).update(rows_done=self._done)


def _write(
    archive: ZipFile, name: str, rows: Iterator[Row], on_rows: Callable[[int], object]
) -> ExportedFile:
    count = size = 0
    digest = hashlib.sha256()
    with archive.open(name, "w", force_zip64=True) as file:
        for row in rows:
            line = orjson.dumps(row, default=_plain, option=orjson.OPT_APPEND_NEWLINE)
            file.write(line)
            digest.update(line)
            count, size = count + 1, size + len(line)
            on_rows(1)
    return ExportedFile(name=name, rows=count, bytes=size, sha256=digest.hexdigest())


def _write_content(archive: ZipFile, path: str, chunks: Iterator[bytes]) -> str:
    """Write bytes as they come, as they are; return why they are not all there, if so."""
    info = ZipInfo(path, clock.now().timetuple()[:6])
    # Most of what takes room is packed already.
    info.compress_type = ZIP_STORED
    with archive.open(info, "w", force_zip64=True) as file:
        try:
            for chunk in chunks:
                file.write(chunk)
        except DomainError as error:
            if error.retryable:
                raise
            return error.code
    return ""


def _plain(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)
