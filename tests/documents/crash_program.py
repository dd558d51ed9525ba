"""A process of its own for tests of crashes: it makes documents, in children that are killed.

It is given what they make (a batch of so many, documents of PDFs that are files, a template that
was made in Word) and the points at which they are killed, one after the other, and says what there
is at the end.
"""

import io
import json
import os
import signal
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from apps.documents.domain.protection import Protection  # noqa: E402
from apps.documents.models import (  # noqa: E402
    BatchItem,
    Document,
    DocumentBatch,
    Template,
    TemplateUpload,
)
from apps.documents.services import batch_making  # noqa: E402
from apps.documents.services.batches import create_batch  # noqa: E402
from apps.documents.services.documents import create_document  # noqa: E402
from apps.documents.services.pdf_files import fill_pdf_form, merge_pdfs, split_pdf  # noqa: E402
from apps.documents.services.publishing import publish_template  # noqa: E402
from apps.documents.services.templates import create_template  # noqa: E402
from kernel import clock  # noqa: E402
from kernel.events.models import OutboxEvent  # noqa: E402
from kernel.identity.models import Tenant  # noqa: E402
from kernel.jobs.models import Job, JobState  # noqa: E402
from kernel.jobs.registry import known  # noqa: E402
from kernel.jobs.services import recover  # noqa: E402
from kernel.mesh.client import mesh  # noqa: E402
from kernel.mesh.fetching import fetched  # noqa: E402
from kernel.tenancy.context import Principal, acting_as, in_tenant  # noqa: E402
from kernel.testing.jobs import drain  # noqa: E402
from tests.documents.making import published, uploaded  # noqa: E402
from tests.documents.signatures import sealed_key  # noqa: E402
from tests.documents.templates import of_blocks, pdf  # noqa: E402
from tests.documents.test_pdfs import form  # noqa: E402
from tests.documents.test_word_templates import template as letter  # noqa: E402

TENANT = UUID(int=7)
WHO = Principal(
    kind="service",
    id="t",
    name="t",
    tenant_id=TENANT,
    scopes=frozenset(["files:read", "documents:read", "documents:write", "documents:sign"]),
)
batch_making.STORED_AT_ONCE = 30
batch_making.NOTED_AT_ONCE = 10


def ask_for_batch(count: str) -> None:
    """Ask for a batch whose last item is none."""
    published()
    items = [{"number": at, "name": "n"} for at in range(1, int(count) + 1)]
    create_batch(template="letter", format="csv", title="May", data=[*items, {"number": None}])


def ask_for_pdfs(count: str = "1") -> None:
    """Ask so often for two PDFs as one, of which one is locked, and as one that is signed, for a
    page of one, and for a form that is filled."""
    pages = [pdf(of_blocks({"type": "paragraph", "text": text})) for text in "ab"]
    first, second = (uploaded(f"{at}.pdf", page) for at, page in enumerate(pages))
    guard = Protection(user="open", owner="all of it", copying=True)
    locked = uploaded("locked.pdf", pdf(of_blocks(), protection=guard))
    blank = uploaded("form.pdf", form())
    opening = [{"file_id": locked, "password": guard.user}]
    sealed_key("board")
    with acting_as(WHO):
        for at in range(1, int(count) + 1):
            merge_pdfs(file_ids=[first, locked], title=f"Merged {at}", passwords=opening)
            merge_pdfs(file_ids=[first, second], title=f"Signed {at}", sign_with="board")
            split_pdf(file_id=first, ranges=[{"first": 1, "last": 1}], title=f"Split {at}")
            fill_pdf_form(file_id=blank, values={"name": "Ada"}, title=f"Filled {at}")


def ask_for_upload() -> None:
    """Give a template that was made in Word."""
    file_id = uploaded("letter.docx", letter("Dear {{ name }}"))
    with acting_as(WHO):
        create_template(name="word", title="Word", uploaded={"file_id": file_id, "version": 1})


def work(point: str) -> int:
    """Let a child do what there is to do; return by which signal it ended."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        settings.FAULT = point
        go_on()
        connections.close_all()
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.WTERMSIG(status)


def go_on() -> None:
    """Take up what a process that was killed has left."""
    over = clock.now() - timedelta(hours=1)
    Job.objects.filter(state=JobState.RUNNING).update(lease_until=over)
    recover(known())
    drain()


def batch_that_is_there() -> dict[str, Any]:
    """Return how the batch stands, and what is in its file."""
    batch = DocumentBatch.objects.get()
    with (
        acting_as(WHO),
        fetched(str(batch.output_id), most_bytes=10_000_000) as file,
        zipfile.ZipFile(io.BytesIO(b"".join(file.chunks))) as archive,
    ):
        names = archive.namelist()
    return {
        "state": batch.state,
        "counts": [batch.total, batch.made, batch.failed],
        "items": BatchItem.objects.count(),
        "names": names,
    }


def pdfs_that_are_there() -> dict[str, Any]:
    """Return how the documents stand, and which of their files are signed."""
    found = sorted(Document.objects.all(), key=lambda one: one.title)
    return {
        "documents": [[one.title, one.state, one.pages] for one in found],
        "signed": [one.title for one in found if b"/ByteRange" in content_of(one)],
        "passwords": sum(one.passwords is not None for one in found),
    }


def content_of(document: Document) -> bytes:
    """Return the file that a document was made as."""
    with acting_as(WHO), fetched(str(document.output_id), most_bytes=10_000_000) as file:
        return b"".join(file.chunks)


def upload_that_is_there() -> dict[str, Any]:
    """Return how the template stands, and that it can be published and filled."""
    upload = TemplateUpload.objects.get()
    publish_template(id=str(Template.objects.get().pk))
    create_document(template="word", format="docx", data={"name": "Ada"}, title="Filled")
    drain()
    return {
        "upload": [upload.state, upload.kind, upload.findings],
        "document": Document.objects.get().state,
    }


def show() -> dict[str, Any]:
    """Return what there is beside: files, what is kept of our own, and what was told of it."""
    with acting_as(WHO):
        files = mesh.query("files", "{ files(first: 100) { nodes { name } } }")["files"]["nodes"]
    told = OutboxEvent.objects.filter(type__startswith="documents.").order_by("type")
    kept = Path(settings.DATA_DIR).rglob("documents/??/*")
    return {
        "files": sorted(one["name"] for one in files),
        "kept": sum(one.is_file() for one in kept),
        "events": list(told.values_list("type", flat=True)),
    }


WORK: dict[str, tuple[Callable[..., None], Callable[[], dict[str, Any]]]] = {
    "batch": (ask_for_batch, batch_that_is_there),
    "pdfs": (ask_for_pdfs, pdfs_that_are_there),
    "upload": (ask_for_upload, upload_that_is_there),
}

kind, *arguments = sys.argv[1].split(":")
ask, there = WORK[kind]
# Of one that is not there nobody may do anything.
Tenant.objects.create(pk=TENANT, slug="crashes", name="Crashes")
with in_tenant(TENANT):
    ask(*arguments)
    killed = [work(point) == signal.SIGKILL for point in sys.argv[2:]]
    go_on()
    found = there()
    sys.stdout.write(json.dumps({"killed": killed, **found, **show()}))
