"""`/scheduler/api/runs/<id>/events`: what a run tells, as it tells it.

How it goes on from there: `kernel.streams`.
"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from apps.scheduler.access import JOB_SCHEDULE
from apps.scheduler.services.telling import END, told_since, topic_of
from kernel.errors import MethodNotAllowedError
from kernel.ratelimits.views import for_programs
from kernel.streams import broadcaster, stream
from kernel.tenancy.context import require


@for_programs
def events(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Tell the lines of a run, those that are there first, and its end."""
    if request.method != "GET":
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    principal = require(JOB_SCHEDULE.read)
    position = broadcaster.position()
    heard = request.headers.get("Last-Event-ID", "")
    told = tuple(told_since(run_id, heard))
    if heard == END and told[-1:] and told[-1].last:
        # To a browser this says that it need not come back.
        return HttpResponse(status=204)
    return stream(
        topic_of(run_id),
        tenant_id=principal.tenant_id,
        position=position,
        beginning=told,
        seen=heard,
    )
