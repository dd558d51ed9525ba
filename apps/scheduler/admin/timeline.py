"""The timeline: what ran when, schedule by schedule, and what is to come."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.scheduler.admin.showing import SHOWN_AS, as_one, took
from apps.scheduler.admin.sights import Sight, context_of, sight_of
from apps.scheduler.domain.windows import Zoom, lanes_of
from apps.scheduler.models import JobRun, RunKind
from apps.scheduler.selectors.timelines import Counted, Lane, timeline
from kernel import clock
from kernel.errors import DomainError
from kernel.tenancy.context import in_tenant

ZOOMS = (Zoom.HOUR, Zoom.DAY, Zoom.WEEK)
_IN = {Zoom.WEEK: Zoom.DAY, Zoom.DAY: Zoom.HOUR}
PAGE = 20
#: Runs that go on beside each other are drawn below each other, up to so many.
_MOST_TRACKS = 4
_TRACK, _GAP = 16, 4
#: Of the width, so that what took no time is seen.
_LEAST = 0.35
_AXIS = {Zoom.HOUR: "%H:%M", Zoom.DAY: "%H:%M", Zoom.WEEK: "%a %d"}


def timeline_page(page: Any, request: HttpRequest) -> HttpResponse:
    """Answer with a page of schedules in an hour, a day or a week."""
    sight = sight_of(request, Zoom.DAY, *ZOOMS)
    window, now, after = sight.window, clock.now(), request.GET.get("after") or None
    with in_tenant(sight.tenant_id):
        try:
            found = timeline(window.since, window.until, sight.wanted, first=PAGE, after=after)
        except DomainError:
            # The schedule behind which it begins is gone, or never was.
            found = timeline(window.since, window.until, sight.wanted, first=PAGE)
    scale = _Scale(window.since, window.until)
    links = {
        "zooms": [
            (str(zoom), sight.address("timeline", zoom, _middle(sight, now)), zoom is window.zoom)
            for zoom in ZOOMS
        ],
        "earlier": sight.address("timeline", window.zoom, window.before),
        "today": sight.address("timeline", window.zoom, now),
        "later": sight.address("timeline", window.zoom, window.until),
        "calendar": sight.address("calendar", Zoom.MONTH, _middle(sight, now)),
        "next": found.after
        and sight.address("timeline", window.zoom, window.since, after=found.after),
        "first": after and sight.address("timeline", window.zoom, window.since),
    }
    lanes = [_lane(sight, lane, scale, now) for lane in found.lanes]
    context = context_of(
        page,
        request,
        "Timeline",
        sight=sight,
        heading=_heading(sight),
        links=links,
        lanes=lanes,
        marks=[
            (scale.x(at), f"{at.astimezone(sight.zone):{_AXIS[window.zoom]}}")
            for at in window.marks()
        ],
        now=scale.x(now) if window.since <= now < window.until else None,
        legend=SHOWN_AS.items(),
        changes=_changes(sight),
    )
    return TemplateResponse(request, "scheduler/timeline.html", context)


class _Scale:
    """Moments of a window as parts of a width, in percent."""

    def __init__(self, since: datetime, until: datetime) -> None:
        self._since, self._span = since, until - since

    def at(self, moment: datetime) -> float:
        return min(max(100 * ((moment - self._since) / self._span), 0.0), 100.0)

    def x(self, moment: datetime) -> str:
        return _percent(self.at(moment))


def _percent(part: float) -> str:
    return f"{part:.3f}%"


def _lane(sight: Sight, lane: Lane, scale: _Scale, now: datetime) -> dict[str, Any]:
    spans = [_span(run, sight.window.until, now) for run in lane.runs]
    tracks = lanes_of(spans, _MOST_TRACKS)
    height = _GAP + (max(tracks, default=0) + 1) * (_TRACK + _GAP)
    coming = [{"x": scale.x(at), "told": f"to come, {_clock(at, sight)}"} for at in lane.coming]
    told = [f"{len(lane.runs):,} runs"] if lane.runs else []
    if lane.counts:
        told = [f"{sum(one.total for one in lane.counts):,} runs, counted"]
    if coming:
        told.append(f"{'over ' if lane.more_coming else ''}{len(coming)} to come")
    return {
        "name": lane.schedule.name,
        "enabled": lane.schedule.enabled,
        "href": reverse("admin:scheduler_jobschedule_change", args=[lane.schedule.pk]),
        "height": height,
        "told": ", ".join(told) or "nothing",
        "bars": [
            _bar(sight, run, span, track, scale)
            for run, span, track in zip(lane.runs, spans, tracks, strict=True)
        ],
        "steps": list(_steps(sight, lane, scale, height, now)),
        "uncounted": lane.counted_until
        and _rest(lane.counted_until, scale) | {"since": _clock(lane.counted_until, sight)},
        "coming": coming,
        "more_coming": lane.more_coming,
        "last": lane.more_coming and _rest(lane.coming[-1], scale),
    }


def _rest(since: datetime, scale: _Scale) -> dict[str, str]:
    return {"x": scale.x(since), "width": _percent(100 - scale.at(since))}


def _span(run: JobRun, until: datetime, now: datetime) -> tuple[datetime, datetime]:
    """Return from when to when a run is drawn: where it ran, but one that was made up for later.

    That stands at the time it is of, for as long as it took.
    """
    if run.started_at is None:
        return run.fire_time, run.fire_time
    lasted = max((run.finished_at or now) - run.started_at, timedelta(0))
    later = run.kind == RunKind.BACKFILL or run.started_at >= until
    begin = run.fire_time if later else run.started_at
    return begin, begin + lasted


def _bar(
    sight: Sight, run: JobRun, span: tuple[datetime, datetime], track: int, scale: _Scale
) -> dict[str, Any]:
    begin, end = (scale.at(moment) for moment in span)
    return {
        "x": _percent(min(begin, 100 - _LEAST)),
        "width": _percent(max(end - begin, _LEAST)),
        "y": _GAP + track * (_TRACK + _GAP),
        "height": _TRACK,
        "kind": as_one(run.state),
        "href": reverse("admin:scheduler_jobrun_change", args=[run.pk]),
        "due": _clock(run.fire_time, sight),
        "state": run.get_state_display(),
        "took": took(run),
    }


def _steps(
    sight: Sight, lane: Lane, scale: _Scale, height: int, now: datetime
) -> Iterator[dict[str, Any]]:
    """Yield the columns of a schedule that has many runs, each of pieces by how they ended."""
    room = height - _GAP
    largest = max((one.total for one in lane.counts), default=1)
    for one in lane.counts:
        left, right = scale.at(one.since), scale.at(min(one.until, max(now, one.since)))
        pieces, y = [], float(height)
        for kind, many in _by_kind(one):
            part = room * many / largest
            y -= part
            pieces.append({"kind": kind, "y": f"{y:.2f}", "height": f"{part:.2f}"})
        zoom = _IN.get(sight.window.zoom)
        yield {
            "x": _percent(left),
            "width": _percent(max(right - left - 0.15, 0.1)),
            "pieces": pieces,
            "since": _clock(one.since, sight),
            "told": ", ".join(f"{many:,} {state}" for state, many in sorted(one.states.items())),
            "href": zoom and sight.address("timeline", zoom, one.since),
        }


def _by_kind(one: Counted) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for state, many in one.states.items():
        found[as_one(state)] = found.get(as_one(state), 0) + many
    return sorted(found.items(), key=lambda pair: list(SHOWN_AS).index(pair[0]))


def _clock(at: datetime, sight: Sight) -> str:
    return f"{at.astimezone(sight.zone):%Y-%m-%d %H:%M:%S}"


def _heading(sight: Sight) -> str:
    since, until = (
        moment.astimezone(sight.zone) for moment in (sight.window.since, sight.window.until)
    )
    if sight.window.zoom is Zoom.HOUR:
        return f"{since:%A, %d %B %Y, %H:%M} to {until:%H:%M}"
    if sight.window.zoom is Zoom.DAY:
        return f"{since:%A, %d %B %Y}"
    return f"{since:%d %B} to {until - timedelta(hours=12):%d %B %Y}"


def _changes(sight: Sight) -> list[str]:
    """Return on which days of the window clocks are changed, and by how much."""
    return [
        f"{one.date:%A, %d %B}: clocks are changed, the day has {one.hours:g} hours"
        for one in sight.window.days()
        if one.hours != 24 and sight.window.zoom is not Zoom.HOUR
    ]


def _middle(sight: Sight, now: datetime) -> datetime:
    """Return the moment around which a closer look is taken: now, if it is in sight."""
    window = sight.window
    if window.since <= now < window.until:
        return now
    return window.since
