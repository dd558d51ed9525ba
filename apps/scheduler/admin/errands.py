"""Forms about a schedule: what is asked, what would come of it, and how it is done."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.scheduler.admin.forms import (
    MOMENTS,
    NewScheduleForm,
    ScheduleForm,
    moment_in,
    moment_of,
    parameters_shown,
    unsaved,
)
from apps.scheduler.admin.sections import calendar_shown
from apps.scheduler.admin.showing import told_times
from apps.scheduler.models import JobSchedule, ScheduleKind
from apps.scheduler.selectors.previews import preview_of
from apps.scheduler.selectors.schedules import name_told
from apps.scheduler.selectors.timetables import zone_of
from apps.scheduler.services.definitions import check_definition
from apps.scheduler.services.schedules import create_schedule, update_schedule
from kernel.admin import Errand, acting_staff
from kernel.errors import InvalidInputError
from kernel.tenancy.context import in_tenant


def create_page(page: Any, request: HttpRequest) -> HttpResponse:
    """Ask what and when, show when that would be, and make it."""

    def act(given: dict[str, Any]) -> str:
        said = {name: value for name, value in given.items() if name != "tenant"}
        with acting_staff(request, given["tenant"]):
            made = create_schedule(**said)
        return f"{made.name} is due from now on."

    return Errand(
        title="New schedule",
        introduction="Before it is made you see when it would be due, and what to look at.",
        asks=lambda given: f"Make {given['name']}?",
        causes=_causes,
        act=act,
        back=reverse("admin:scheduler_jobschedule_changelist"),
        yes="Yes, make it",
    ).run(page, request, NewScheduleForm(request.POST or None))


def edit_page(page: Any, request: HttpRequest, row: JobSchedule) -> HttpResponse:
    """Ask what is to be another, show when it would be due, and change it."""

    def act(given: dict[str, Any]) -> str:
        changed: Any = {name: value for name, value in given.items() if value != _now(row, name)}
        with acting_staff(request, row.tenant_id):
            update_schedule(id=str(row.pk), **changed)
        return f"{row.name}: {', '.join(changed) or 'nothing'} changed."

    return form_page(
        page,
        request,
        row,
        ScheduleForm(request.POST or None, initial=_filled(row), row=row),
        title=f"Change {row.name}",
        causes=lambda given: _causes(given, row),
        act=act,
    )


def _now(row: JobSchedule, name: str) -> Any:
    """Return what a form says of what is left as it is.

    Clocks tell neither parts of a second nor which of two hours in autumn it is.
    """
    value = getattr(row, name)
    if name in MOMENTS:
        shown = moment_of(value, row.time_zone)
        return moment_in(shown and shown.replace(microsecond=0, fold=0), row.time_zone)
    return str(value) if name == "after_id" and value else value


def _filled(row: JobSchedule) -> dict[str, Any]:
    """Return what the form of a schedule holds before something is filled in."""
    filled = {name: getattr(row, name, None) for name in ScheduleForm.base_fields}
    filled |= {name: moment_of(filled[name], row.time_zone) for name in MOMENTS}
    with in_tenant(row.tenant_id):
        followed = name_told(row.after_id) if row.after_id else ""
    return (
        filled
        | calendar_shown(row.calendar)
        | {
            "after_id": followed,
            "parameters": parameters_shown(row),
            "tags": ", ".join(row.tags),
            "scopes": ", ".join(row.scopes),
            "webhook_secret": "",  # nosec B105  # it is never shown again
        }
    )


def form_page(
    page: Any,
    request: HttpRequest,
    row: JobSchedule,
    form: forms.Form,
    *,
    title: str,
    causes: Callable[[dict[str, Any]], list[str]],
    act: Callable[[dict[str, Any]], str],
) -> HttpResponse:
    """Ask by a form what is done to a schedule, say what comes of it, and lead back to it."""
    return Errand(
        title=title,
        introduction=told_times(row),
        asks=lambda _: f"{title}?",
        causes=causes,
        act=act,
        back=reverse("admin:scheduler_jobschedule_change", args=[row.pk]),
        yes="Yes, do it",
    ).run(page, request, form)


def _causes(given: dict[str, Any], row: JobSchedule | None = None) -> list[str]:
    """Return when what was filled in would be due, and what to look at; raises DomainErrors."""
    schedule = unsaved(given, row)
    found = preview_of(schedule)
    if found.problem is not None:
        raise InvalidInputError(str(found.problem))
    with in_tenant(row.tenant_id if row else given["tenant"]):
        check_definition(schedule)
    if schedule.kind == ScheduleKind.AFTER:
        return [f"{found.description}."]
    zone = zone_of(schedule.time_zone)
    times = [f"{one.astimezone(zone):%a %Y-%m-%d %H:%M:%S %Z}" for one in found.next_runs]
    return [
        f"{found.description}, {schedule.time_zone}.",
        f"It is due {', '.join(times[:1]) or 'never'}{', then:' if times[1:] else '.'}",
        *times[1:],
        *(f"Look at this: {one.message}." for one in found.findings),
    ]
