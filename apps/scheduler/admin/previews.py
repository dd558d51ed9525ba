"""What the editor of schedules asks while somebody writes: what it says, and what can be done."""

from datetime import datetime, tzinfo
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils.dateparse import parse_datetime

from apps.scheduler.admin.forms import MOMENTS, OF_KINDS, moment_in
from apps.scheduler.admin.sections import calendar_of
from apps.scheduler.admin.sights import tenant_asked
from apps.scheduler.domain.times import check_moment, check_time_zone
from apps.scheduler.models import JobSchedule, ScheduleDstPolicy, ScheduleKind
from apps.scheduler.selectors.previews import preview_of
from apps.scheduler.selectors.schedules import names_like
from apps.scheduler.selectors.timetables import zone_of
from kernel.admin import acting_staff
from kernel.chores.client import all_chores
from kernel.errors import DomainError, InvalidInputError
from kernel.services import BY_NAME
from kernel.tenancy.context import PLATFORM, in_tenant

_LONGEST = 300
_DIGITS = 10


def urls_of(page: Any) -> list[URLPattern]:
    """Return the addresses that its script asks."""

    def answer(tell: Any) -> Any:
        def view(request: HttpRequest) -> HttpResponse:
            if not page.has_operate_permission(request):
                raise PermissionDenied
            try:
                return JsonResponse(tell(request))
            except DomainError as error:
                return JsonResponse({"error": str(error)})

        return page.admin_site.admin_view(view)

    return [
        path("preview/", answer(_preview), name="scheduler_jobschedule_preview"),
        path("offers/", answer(_offers), name="scheduler_jobschedule_offers"),
        path("names/", answer(_names), name="scheduler_jobschedule_names"),
    ]


def _preview(request: HttpRequest) -> dict[str, Any]:
    asked = {name: str(value)[:_LONGEST] for name, value in request.GET.items()}
    kind, zone_name = asked.get("kind") or ScheduleKind.CRON, asked.get("time_zone") or "UTC"
    if kind not in OF_KINDS:
        raise InvalidInputError(f"there is no kind {kind[:20]!r} that can be shown")
    try:
        check_time_zone(zone_name)
        moments = {name: _moment(asked.get(name, ""), zone_name) for name in MOMENTS}
    except ValueError as error:
        raise InvalidInputError(str(error)) from None
    calendar, column, told = calendar_of(asked)
    if told:
        return {"problem": told, "column": column}
    schedule = JobSchedule(
        kind=kind,
        cron=asked.get("cron", ""),
        rule=asked.get("rule", ""),
        every_seconds=_number(asked.get("every_seconds", "")),
        **moments,
        calendar=calendar,
        time_zone=zone_name,
        dst_policy=asked.get("dst_policy") or ScheduleDstPolicy.VIXIE,
        tenant_id=PLATFORM,
    )
    found = preview_of(schedule)
    if found.problem is not None:
        problem = found.problem
        return {"problem": str(problem), "position": problem.position, "column": problem.column}
    zone = zone_of(zone_name)
    return {
        "description": found.description,
        "next": [_told(one, zone) for one in found.next_runs],
        "findings": [one.message for one in found.findings],
    }


def _moment(text: str, zone_name: str) -> datetime | None:
    told = parse_datetime(text)
    check_moment(told)
    return moment_in(told, zone_name)


def _number(text: str) -> int:
    """Read a number of seconds; what is none, or too large for any interval, is 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else 0


def _told(at: datetime, zone: tzinfo) -> dict[str, str]:
    return {"there": f"{at.astimezone(zone):%a %Y-%m-%d %H:%M:%S %Z}", "at": at.isoformat()}


def _offers(request: HttpRequest) -> dict[str, Any]:
    with acting_staff(request, tenant_asked(request)):
        chores = [one.told() for one in all_chores()]
    return {"chores": chores, "services": list(BY_NAME)}


def _names(request: HttpRequest) -> dict[str, Any]:
    with in_tenant(tenant_asked(request)):
        return {"names": names_like(request.GET.get("part", "")[:_LONGEST])}
