"""`/<service>/api/jobs/<id>/events`: a job's progress, as Django sees who may see it.

How it goes on from there: `kernel.streams`.
"""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from kernel.background.snapshots import snapshot
from kernel.background.streams import topic_of
from kernel.errors import MethodNotAllowedError, NotFoundError
from kernel.jobs.models import Job
from kernel.ratelimits.views import for_programs
from kernel.streams import broadcaster, stream
from kernel.tenancy.context import require


def job_events(service: str) -> Callable[..., HttpResponse]:
    """Return the view of a service."""

    @for_programs
    def view(request: HttpRequest, job_id: UUID) -> HttpResponse:
        if request.method != "GET":
            raise MethodNotAllowedError(f"{request.method} is not allowed here")
        principal = require(f"{service}:read")
        position = broadcaster.position()
        job = Job.objects.filter(pk=job_id, tenant_id=principal.tenant_id, queue=service).first()
        if job is None:
            raise NotFoundError(f"no job {job_id}")
        now = snapshot(job)
        seen = request.headers.get("Last-Event-ID") == now.id
        if seen and now.ended:
            # To a browser this says that it need not come back.
            return HttpResponse(status=204)
        return stream(
            topic_of(job_id),
            tenant_id=principal.tenant_id,
            position=position,
            beginning=() if seen else (now.event(),),
            seen=now.id,
        )

    return view
