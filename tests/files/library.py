"""Files with bytes, made by services alone; `folder` is where the bytes are kept."""

import threading
from collections.abc import Callable

from django.db import connection

from apps.files.adapters.sealed import open_draft
from apps.files.domain.tus import Creation
from apps.files.models import File, StorageUsage
from apps.files.services.uploads import (
    Writing,
    begin_upload,
    finish_upload,
    note_progress,
    open_upload,
)
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.jobs import drain


def asked(length: int | None) -> Creation:
    """Return what somebody says who begins an upload of that length."""
    return Creation(length=length, metadata="", partial=False, parts=(), concat="")


def write(writing: Writing, body: bytes) -> None:
    """Write all of an upload that was opened."""
    draft = open_draft(
        writing.key, mark=writing.mark, size=writing.offset, data_key=writing.data_key
    )
    draft.write([body])
    note_progress(writing, offset=len(body), mark=draft.sync())
    draft.close()


def uploaded(body: bytes, *, name: str = "a.bin", sha256: str = "") -> File:
    """Upload a file, which nobody has scanned yet."""
    upload = begin_upload(asked(len(body)), name=name)
    write(open_upload(upload.id, offset=0, coming=len(body)), body)
    finish_upload(upload.id, sha256=sha256)
    return File.objects.get(pk=upload.file_id or "")


def clean(body: bytes, *, name: str = "a.bin") -> File:
    """Upload a file, and let it be scanned."""
    file = uploaded(body, name=name)
    drain()
    file.refresh_from_db()
    assert file.state == "clean", file.finding
    return file


def used() -> int:
    """Return how much room the tenant's files take."""
    return StorageUsage.objects.values_list("used_bytes", flat=True).first() or 0


def together(tenant: Tenant, *works: Callable[[], object]) -> list[Exception]:
    """Run these at once, each with a connection of its own; return what they raised."""
    failed: list[Exception] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            with in_tenant(tenant.pk):
                start.wait()
                work()
        except Exception as error:  # noqa: BLE001  told to the test
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed
