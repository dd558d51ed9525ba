"""`/scheduler/api/pings/…`: jobs of others tell that they ran, by addresses that are secret."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from apps.scheduler.services.badges import state_told
from apps.scheduler.services.pings import schedule_pinged, take_ping
from apps.scheduler.views.badges import drawn
from kernel.errors import MethodNotAllowedError
from kernel.ratelimits.views import for_anybody
from kernel.tenancy.context import in_tenant

_HEADERS = {"Cache-Control": "no-store"}


@for_anybody
def ping(request: HttpRequest, tenant_id: UUID, schedule_id: UUID, signature: str) -> HttpResponse:
    """Write down that a job ran: whatever the method, as `curl` and shells send it."""
    return _taken(request, tenant_id, schedule_id, signature, failed=False)


@for_anybody
def fail(request: HttpRequest, tenant_id: UUID, schedule_id: UUID, signature: str) -> HttpResponse:
    """Write down that a job failed."""
    return _taken(request, tenant_id, schedule_id, signature, failed=True)


@for_anybody
def badge(request: HttpRequest, tenant_id: UUID, schedule_id: UUID, signature: str) -> HttpResponse:
    """Draw how the last run of a schedule ended."""
    if request.method != "GET":
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    with in_tenant(tenant_id):
        schedule = schedule_pinged(schedule_id, signature)
        picture = drawn(schedule.name, state_told(schedule))
    return HttpResponse(picture, content_type="image/svg+xml", headers=_HEADERS)


def _taken(
    request: HttpRequest, tenant_id: UUID, schedule_id: UUID, signature: str, *, failed: bool
) -> HttpResponse:
    if request.method not in ("GET", "HEAD", "POST"):
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    with in_tenant(tenant_id):
        take_ping(schedule_pinged(schedule_id, signature), failed=failed)
    return HttpResponse("OK\n", content_type="text/plain; charset=utf-8", headers=_HEADERS)
