"""A process of its own for tests of crashes: it makes a batch, in children that are killed.

It is given the points at which they are, one after the other, and says what there is at the end.
"""

import io
import json
import os
import signal
import sys
import zipfile
from datetime import timedelta
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from apps.documents.models import BatchItem, DocumentBatch  # noqa: E402
from apps.documents.services import batch_making  # noqa: E402
from apps.documents.services.batches import create_batch  # noqa: E402
from kernel import clock  # noqa: E402
from kernel.events.models import OutboxEvent  # noqa: E402
from kernel.jobs.models import Job, JobState  # noqa: E402
from kernel.jobs.registry import known  # noqa: E402
from kernel.jobs.services import recover  # noqa: E402
from kernel.mesh.client import mesh  # noqa: E402
from kernel.mesh.fetching import fetched  # noqa: E402
from kernel.tenancy.context import Principal, acting_as, in_tenant  # noqa: E402
from kernel.testing.jobs import drain  # noqa: E402
from tests.documents.making import published  # noqa: E402

TENANT = UUID(int=7)
COUNT = 200
batch_making.STORED_AT_ONCE = 30
batch_making.NOTED_AT_ONCE = 10


def prepare() -> None:
    """Ask for a batch whose third item is none."""
    published()
    items = [{"number": at, "name": "n"} for at in range(1, COUNT + 1)]
    create_batch(template="letter", format="csv", title="May", data=[*items, {"number": None}])


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


def show() -> dict[str, object]:
    """Return what there is."""
    batch = DocumentBatch.objects.get()
    scopes = frozenset(["files:read", "documents:read"])
    who = Principal(kind="service", id="t", name="t", tenant_id=TENANT, scopes=scopes)
    with acting_as(who):
        files = mesh.query("files", "{ files { nodes { id name } } }")["files"]["nodes"]
        with fetched(str(batch.output_id), most_bytes=10_000_000) as file:
            content = b"".join(file.chunks)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
    return {
        "state": batch.state,
        "counts": [batch.total, batch.made, batch.failed],
        "items": BatchItem.objects.count(),
        "names": names,
        "files": [one["name"] for one in files],
        "events": sorted(
            OutboxEvent.objects.filter(type__startswith="documents.batch").values_list(
                "type", flat=True
            )
        ),
    }


with in_tenant(TENANT):
    prepare()
    killed = [work(point) == signal.SIGKILL for point in sys.argv[1:]]
    go_on()
    sys.stdout.write(json.dumps({"killed": killed, **show()}))
