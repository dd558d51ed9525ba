"""`/scheduler/api/badges/…`: how schedules stand, as pictures for pages of others."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.scheduler.services.badges import schedule_of_badge, state_told
from kernel.errors import MethodNotAllowedError
from kernel.ratelimits.views import for_anybody
from kernel.tenancy.context import in_tenant

_HEADERS = {"Cache-Control": "no-store"}
#: White on each is readable, at 4.5 to 1 and more.
_COLOURS = {"succeeded": "#15803d", "failed": "#b91c1c", "terminated": "#b91c1c"}
_OTHER = "#475569"
_MOST_CHARACTERS = 40
#: Of 11 px of a sans-serif, on the average.
_CHARACTER = 6.6
_MARGIN = 12


@for_anybody
def badge(request: HttpRequest, tenant_id: UUID, schedule_id: UUID, signature: str) -> HttpResponse:
    """Draw how the last run of a schedule ended, or that it is off."""
    if request.method != "GET":
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    with in_tenant(tenant_id):
        schedule = schedule_of_badge(schedule_id, signature)
        picture = drawn(schedule.name, state_told(schedule))
    return HttpResponse(picture, content_type="image/svg+xml", headers=_HEADERS)


def drawn(name: str, state: str) -> SafeString:
    """Return the picture of a schedule."""
    name = name[:_MOST_CHARACTERS]
    left, right = (round(len(words) * _CHARACTER) + _MARGIN for words in (name, state))
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img"'
        ' aria-label="{name}: {state}"><title>{name}: {state}</title>'
        '<rect width="{width}" height="20" rx="3" fill="{colour}"/>'
        '<path d="M3 0H{left}V20H3A3 3 0 0 1 0 17V3A3 3 0 0 1 3 0" fill="#334155"/>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif"'
        ' font-size="11"><text x="{middle}" y="14">{name}</text>'
        '<text x="{centre}" y="14">{state}</text></g></svg>',
        width=left + right,
        left=left,
        middle=left / 2,
        centre=left + right / 2,
        name=name,
        state=state,
        colour=_COLOURS.get(state, _OTHER),
    )
