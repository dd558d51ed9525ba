"""The calendar: how many runs there were on each day, and how many are to come."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.dates import WEEKDAYS

from apps.scheduler.admin.sights import Sight, context_of, sight_of
from apps.scheduler.domain.windows import Zoom
from apps.scheduler.models import FINISHED, RunState
from apps.scheduler.selectors.days import DayCount, count_days
from kernel import clock
from kernel.tenancy.context import in_tenant

ZOOMS = (Zoom.WEEK, Zoom.MONTH)


def calendar_page(page: Any, request: HttpRequest) -> HttpResponse:
    """Answer with a month, or a week, of a tenant."""
    sight = sight_of(request, Zoom.MONTH, *ZOOMS)
    window, now = sight.window, clock.now()
    with in_tenant(sight.tenant_id):
        days = [_cell(sight, one) for one in count_days(window.days())]
    middle = now if window.since <= now < window.until else window.since
    links = {
        "zooms": [
            (str(zoom), sight.address("calendar", zoom, middle), zoom is window.zoom)
            for zoom in ZOOMS
        ],
        "earlier": sight.address("calendar", window.zoom, window.before),
        "today": sight.address("calendar", window.zoom, now),
        "later": sight.address("calendar", window.zoom, window.until),
        "timeline": sight.address("timeline", Zoom.DAY, middle),
    }
    first = window.since.astimezone(sight.zone)
    context = context_of(
        page,
        request,
        "Calendar",
        sight=sight,
        heading=f"{first:%B %Y}" if window.zoom is Zoom.MONTH else f"Week {first:%V of %G}",
        links=links,
        weekdays=WEEKDAYS.values(),
        weeks=[days[at : at + 7] for at in range(0, len(days), 7)],
    )
    return TemplateResponse(request, "scheduler/calendar.html", context)


def _cell(sight: Sight, one: DayCount) -> dict[str, Any]:
    states = one.states
    failed = states[RunState.FAILED] + states[RunState.TERMINATED]
    left_out = states[RunState.SKIPPED] + states[RunState.CANCELLED]
    unfinished = sum(many for state, many in states.items() if state not in FINISHED)
    today = clock.now().astimezone(sight.zone).date()
    return {
        "date": one.day.date,
        "beside": sight.window.zoom is Zoom.MONTH
        and one.day.date.month != sight.window.since.astimezone(sight.zone).month,
        "today": one.day.date == today,
        "href": sight.address("timeline", Zoom.DAY, one.day.since),
        "hours": one.day.hours,
        "changed": one.day.hours != 24,
        "more": one.more,
        "counts": [
            (kind, many, words)
            for kind, many, words in (
                ("succeeded", states[RunState.SUCCEEDED], "succeeded"),
                ("failed", failed, "failed"),
                ("skipped", left_out, "left out"),
                ("running", unfinished, "not finished"),
            )
            if many
        ],
        "coming": one.coming,
        "more_coming": one.more_coming,
    }
