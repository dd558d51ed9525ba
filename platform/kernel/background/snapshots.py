"""A job as a line of server-sent events: what Django answers first, and what follows it."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import orjson

from kernel.background.jobs import error_of
from kernel.jobs.models import Job
from kernel.streams import StreamEvent


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How a job stands."""

    tenant_id: UUID | None
    ended: bool
    data: bytes

    @property
    def id(self) -> str:
        """Name what it says: whoever has seen it is not told again."""
        return hashlib.sha256(self.data).hexdigest()[:16]

    def event(self) -> StreamEvent:
        """Return it as listeners are told."""
        kind = "end" if self.ended else "progress"
        return StreamEvent(data=self.data, id=self.id, name=kind, last=self.ended)


def snapshot(job: Job) -> Snapshot:
    """Return how a job stands, without what only staff is told."""
    told = {
        "id": job.pk,
        "name": job.name,
        "state": job.state.upper(),
        "waitsFor": (job.waits_for or "nothing").upper(),
        "attempts": job.attempts,
        "progress": {
            "done": job.progress_done,
            "total": job.progress_total,
            "message": job.progress_message,
        },
        "error": error_of(job),
        "runAt": job.run_at,
        "finishedAt": job.finished_at,
    }
    return Snapshot(job.tenant_id, job.finished_at is not None, orjson.dumps(told))


def snapshots(job_ids: Collection[UUID]) -> dict[UUID, Snapshot]:
    """Return how these jobs stand; what is deleted is not among them."""
    return {job.pk: snapshot(job) for job in Job.objects.filter(pk__in=job_ids)}
