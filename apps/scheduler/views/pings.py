"""`/scheduler/api/pings/…`: jobs of others tell that they ran, by addresses that are secret."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from apps.scheduler.selectors.schedules import last_state
from apps.scheduler.services.pings import schedule_pinged, take_ping
from kernel.errors import MethodNotAllowedError
from kernel.ratelimits.views import for_anybody
from kernel.tenancy.context import in_tenant

_HEADERS = {"Cache-Control": "no-store"}
_COLOURS = {"succeeded": "#15803d", "failed": "#b91c1c"}


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
        state = last_state(schedule) or "new"
    drawn = format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" width="160" height="20" role="img"'
        ' aria-label="{0}"><rect width="160" height="20" rx="3" fill="{1}"/>'
        '<text x="80" y="14" fill="#fff" text-anchor="middle" font-family="sans-serif"'
        ' font-size="11">{0}</text></svg>',
        f"{schedule.name[:18]}: {state}",
        _COLOURS.get(state, "#475569"),
    )
    return HttpResponse(drawn, content_type="image/svg+xml", headers=_HEADERS)


def _taken(
    request: HttpRequest, tenant_id: UUID, schedule_id: UUID, signature: str, *, failed: bool
) -> HttpResponse:
    if request.method not in ("GET", "HEAD", "POST"):
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    with in_tenant(tenant_id):
        take_ping(schedule_pinged(schedule_id, signature), failed=failed)
    return HttpResponse("OK\n", content_type="text/plain; charset=utf-8", headers=_HEADERS)
