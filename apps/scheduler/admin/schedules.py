"""Schedules for staff: what is due, how it went, and what can be done."""

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.scheduler.admin.forms import BackfillForm, NewScheduleForm, PauseForm, ScheduleForm
from apps.scheduler.admin.showing import RUN_KINDS, sparkline, standing_of, told_times
from apps.scheduler.models import JobRun, JobSchedule, RunState, ScheduleKind, TargetKind
from apps.scheduler.selectors.previews import preview
from apps.scheduler.selectors.schedules import last_states
from apps.scheduler.selectors.timetables import timetable_of, zone_of
from apps.scheduler.services.definitions import check_definition
from apps.scheduler.services.life import backfill, pause_schedule, resume_schedule, run_now
from apps.scheduler.services.schedules import create_schedule, update_schedule
from kernel import clock
from kernel.admin import (
    ActionVariant,
    Errand,
    KeysetAdmin,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantFilter,
    acting_staff,
    action,
    ask_then,
    badge,
    display,
    labelled,
    row_of,
    table,
)
from kernel.errors import InvalidInputError
from kernel.tenancy.context import PLATFORM, in_tenant

_SHOWN = 10


@admin.register(JobSchedule)
class JobScheduleAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = ("name", "times", "standing", "next_at", "last_runs", "target_told", "tenant")
    list_filter = (TenantFilter, "enabled", "kind", "target_kind")
    search_fields = ("name", "cron", "time_zone")
    ordering = ("-id",)
    fields = (
        *("name", "standing", "note", "times", "cron", "time_zone", "dst_policy", "calendar"),
        *("next_runs", "warnings", "last_runs", "runs_table"),
        *("target_told", "parameters", "overlap", "misfire", "catch_up_seconds"),
        *("timeout_seconds", "maximum_attempts", "concurrency_group", "grace_seconds"),
        *("disable_after", "starts_at", "ends_at", "owner", "tags", "version", "who"),
        *("created_at", "tenant", "id"),
    )
    readonly_fields = fields
    actions_list = ("create",)
    actions_detail = ("run", "edit", "backfill", "pause", "resume")

    @display(description="when")
    def times(self, row: JobSchedule) -> str:
        return told_times(row)

    @display(description="state", ordering="enabled")
    def standing(self, row: JobSchedule) -> SafeString:
        return standing_of(row)

    @display(description="next")
    def next_at(self, row: JobSchedule) -> str:
        return f"{row.next_run_at:%Y-%m-%d %H:%M:%S}" if row.next_run_at else "-"

    @display(description="last runs")
    def last_runs(self, row: JobSchedule) -> SafeString | str:
        return sparkline(last_states(row))

    @display(description="does")
    def target_told(self, row: JobSchedule) -> str:
        told = f"{row.get_target_kind_display()} {row.target}".strip()
        return f"{told[:60]}…" if len(told) > 60 else told

    @display(description="answers for it")
    def who(self, row: JobSchedule) -> str:
        return str(row.asked_by.get("name", "the platform"))

    @display(description="next runs")
    def next_runs(self, row: JobSchedule) -> SafeString:
        timetable, zone = timetable_of(row), zone_of(row.time_zone)
        due = timetable.first_after(clock.now(), _SHOWN) if timetable and row.next_run_at else ()
        found = [
            (f"{one.astimezone(zone):%a %Y-%m-%d %H:%M:%S %Z}", f"{one:%H:%M:%S}") for one in due
        ]
        return table((row.time_zone, "UTC"), found, "none")

    @display(description="to look at")
    def warnings(self, row: JobSchedule) -> SafeString:
        if row.kind != ScheduleKind.CRON:
            return table((), (), "nothing")
        found = preview(row.cron, row.time_zone, row.dst_policy, first=0).findings
        return table(("", "what"), [(one.code, one.message) for one in found], "nothing")

    @display(description="runs")
    def runs_table(self, row: JobSchedule) -> SafeString:
        runs = JobRun.across_tenants.filter(schedule=row).order_by("-fire_time", "-id")[:_SHOWN]
        told = [
            (
                labelled(
                    reverse("admin:scheduler_jobrun_change", args=[run.pk]),
                    f"{run.fire_time:%Y-%m-%d %H:%M:%S}",
                ),
                badge(run.get_state_display(), RUN_KINDS.get(RunState(run.state), "info")),
                run.get_kind_display(),
                run.attempt,
                run.error_code or "-",
            )
            for run in runs
        ]
        return table(("due", "state", "why", "attempts", "error"), told, "none yet")

    @action(
        description="New schedule",
        url_path="create",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def create(self, request: HttpRequest) -> HttpResponse:
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
        ).run(self, request, NewScheduleForm(request.POST or None))

    @action(description="Change", url_path="edit", permissions=["operate"])
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask what is to be another, show when it would be due, and change it."""
        row: JobSchedule = row_of(self, request, object_id)
        if row.kind != ScheduleKind.CRON or row.target_kind == TargetKind.PING:
            messages.error(request, "This form is for cron expressions; others: by GraphQL.")
            return redirect(reverse("admin:scheduler_jobschedule_change", args=[row.pk]))

        def act(given: dict[str, Any]) -> str:
            changed = {name: value for name, value in given.items() if value != getattr(row, name)}
            with acting_staff(request, row.tenant_id):
                update_schedule(id=str(row.pk), **changed)
            return f"{row.name}: {', '.join(changed) or 'nothing'} changed."

        initial = {name: getattr(row, name) for name in ScheduleForm.base_fields}
        shown = initial | {"parameters": _json(row.parameters)}
        return self._form(
            request,
            row,
            ScheduleForm(request.POST or None, initial=shown),
            title=f"Change {row.name}",
            asks=f"Change {row.name}?",
            causes=_causes,
            act=act,
        )

    @action(
        description="Run now",
        url_path="run",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def run(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then have it run."""
        row: JobSchedule = row_of(self, request, object_id)
        causes = "It runs once, now, with its own parameters; when it is due stays as it is."

        def by(**told: Any) -> None:
            with acting_staff(request, row.tenant_id):
                run_now(**told)

        return ask_then(self, request, row, "Run", causes, by)

    @action(description="Run again", url_path="backfill", permissions=["operate"])
    def backfill(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask which times, say how many they are, and run them."""
        row: JobSchedule = row_of(self, request, object_id)

        def told(given: dict[str, Any]) -> list[str]:
            with in_tenant(row.tenant_id):
                found = backfill(id=str(row.pk), **given, dry_run=True)
            return [
                f"{found.times - found.left_out:,} runs are made, one for each time.",
                f"{found.left_out:,} times have succeeded already and are left out.",
            ]

        def act(given: dict[str, Any]) -> str:
            with acting_staff(request, row.tenant_id):
                made = backfill(id=str(row.pk), **given)
            return f"{len(made.runs):,} runs of {row.name} were made."

        return self._form(
            request,
            row,
            BackfillForm(request.POST or None),
            title=f"Run times of {row.name} again",
            asks=f"Run times of {row.name} again?",
            causes=told,
            act=act,
        )

    @action(
        description="Pause",
        url_path="pause",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, then pause it."""
        row: JobSchedule = row_of(self, request, object_id)

        def act(given: dict[str, Any]) -> str:
            with acting_staff(request, row.tenant_id):
                pause_schedule(id=str(row.pk), note=given["note"])
            return f"{row.name} is paused."

        return self._form(
            request,
            row,
            PauseForm(request.POST or None),
            title=f"Pause {row.name}",
            asks=f"Pause {row.name}?",
            causes=lambda _: ["It is due no more until it is resumed; what was due before runs."],
            act=act,
        )

    @action(description="Resume", url_path="resume", permissions=["operate"])
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then resume it."""
        causes = "It is due again from now on; what it missed is not run."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Resume", causes, resume_schedule)

    def _form(
        self,
        request: HttpRequest,
        row: JobSchedule,
        form: forms.Form,
        *,
        title: str,
        asks: str,
        causes: Callable[[dict[str, Any]], list[str]],
        act: Callable[[dict[str, Any]], str],
    ) -> HttpResponse:
        return Errand(
            title=title,
            introduction=told_times(row),
            asks=lambda _: asks,
            causes=causes,
            act=act,
            back=reverse("admin:scheduler_jobschedule_change", args=[row.pk]),
            yes="Yes, do it",
        ).run(self, request, form)


def _causes(given: dict[str, Any]) -> list[str]:
    """Return when what was filled in would be due, and what to look at; raises DomainErrors."""
    zone_name = given["time_zone"]
    found = preview(given["cron"], zone_name, given["dst_policy"], first=_SHOWN)
    if found.problem is not None:
        raise InvalidInputError(str(found.problem))
    # Of no tenant yet: it is only looked at.
    said = {name: value for name, value in given.items() if name != "tenant"}
    check_definition(JobSchedule(tenant_id=PLATFORM, **said))
    zone = zone_of(zone_name)
    times = [f"{one.astimezone(zone):%a %Y-%m-%d %H:%M:%S %Z}" for one in found.next_runs]
    return [
        f"{found.description}, {zone_name}.",
        f"It is due {', '.join(times[:1]) or 'never'}, then:",
        *times[1:],
        *(f"Look at this: {one.message}." for one in found.findings),
    ]


def _json(value: Any) -> str:
    return json.dumps(value, indent=2)
