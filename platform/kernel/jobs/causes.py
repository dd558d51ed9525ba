"""Whose doing a job is: the trace that it goes on with, or that it is linked to.

What a request, an event or another job asks for goes on in the same trace. What is done by itself
sets off very much that has little in common: each of those begins a trace of its own, linked to it.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from kernel.jobs.models import Job
from kernel.jobs.registry import REGISTRY
from kernel.observability.context import current_ids, request_ids
from kernel.observability.tracing import AnySpan, span


def cause() -> dict[str, Any]:
    """Return the columns that tell a new job's cause: who asks for it now."""
    ids = current_ids()
    if not ids.trace:
        return {}
    told = {"caused_by": ids.traceparent if ids.sampled else ""}
    return told if ids.apart else told | {"trace_id": UUID(ids.trace)}


@contextmanager
def traced(jobs: Sequence[Job]) -> Iterator[AnySpan]:
    """Do jobs in the trace of the first whose spans are kept; the others are linked to it."""
    lead = jobs[0]
    heir = next((job for job in jobs if job.trace_id and job.caused_by), lead)
    links = {job.caused_by for job in jobs if job.caused_by} - {_continued(heir)}
    registered = REGISTRY.get(lead.name)
    with (
        request_ids(
            str(lead.pk),
            _continued(heir),
            of="job",
            apart=registered is not None and registered.every is not None,
        ),
        span(f"job {lead.name}", "consumer", links=tuple(links)) as here,
    ):
        if here.kept:
            _tell(here, jobs)
        yield here


def _continued(job: Job) -> str:
    if job.trace_id is None:
        return ""
    return job.caused_by or f"00-{job.trace_id.hex}-{secrets.token_hex(8)}-00"


def _tell(here: AnySpan, jobs: Sequence[Job]) -> None:
    lead = jobs[0]
    here.set("septet.job.id", str(lead.pk))
    here.set("septet.job.queue", lead.queue)
    here.set("septet.job.attempt", lead.attempts)
    if lead.tenant_id:
        here.set("septet.tenant_id", str(lead.tenant_id))
    if len(jobs) > 1:
        here.set("septet.job.together", len(jobs))
    if lead.started_at:
        waited = lead.started_at - lead.run_at
        here.set("septet.job.waited_ms", round(waited.total_seconds() * 1000))
