"""Schedules for staff: what is due, how it went, and what can be done."""

from typing import Any, ClassVar

from django.contrib import admin
from django.forms import Script
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString

from apps.scheduler.admin import previews
from apps.scheduler.admin.addresses import addresses_page
from apps.scheduler.admin.calendar import calendar_page
from apps.scheduler.admin.errands import create_page, edit_page, form_page
from apps.scheduler.admin.forms import BackfillForm, CloneForm, PauseForm, RunForm, parameters_shown
from apps.scheduler.admin.showing import (
    RUN_KINDS,
    calendar_told,
    moment_told,
    sparkline,
    standing_of,
    told_times,
    versions_table,
)
from apps.scheduler.admin.system import system_page
from apps.scheduler.admin.timeline import timeline_page
from apps.scheduler.models import JobRun, JobSchedule, RunState, ScheduleKind
from apps.scheduler.selectors.previews import preview
from apps.scheduler.selectors.schedules import last_states, last_versions, name_told
from apps.scheduler.selectors.timetables import timetable_of, zone_of
from apps.scheduler.services.life import backfill, pause_schedule, resume_schedule, run_now
from apps.scheduler.services.schedules import clone_schedule, delete_schedule
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
from kernel.tenancy.context import in_tenant

_SHOWN = 10
#: What of a schedule says when it is due.
_OF_KIND = {
    ScheduleKind.CRON: {"cron"},
    ScheduleKind.ONCE: {"anchor_at"},
    ScheduleKind.INTERVAL: {"anchor_at"},
    ScheduleKind.RULE: {"rule", "anchor_at"},
    ScheduleKind.AFTER: {"followed"},
}


@admin.register(JobSchedule)
class JobScheduleAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["scheduler/admin.css"]}
        js = (Script("scheduler/editor.js", type="module"),)

    list_display = (
        *("name", "times", "standing", "next_at", "last_at", "last_runs", "target_told"),
        "tenant",
    )
    list_filter = (TenantFilter, "enabled", "kind", "target_kind")
    search_fields = ("name", "cron", "time_zone")
    ordering = ("-id",)
    fields = (
        *("name", "standing", "note", "times"),
        *("cron", "rule", "anchor_at", "followed", "time_zone", "dst_policy", "closed_days"),
        *("next_runs", "warnings", "last_runs", "runs_table", "seen_at"),
        *("target_told", "document", "parameters", "overlap", "misfire", "catch_up_seconds"),
        *("timeout_seconds", "maximum_attempts", "flag", "concurrency_group", "grace_seconds"),
        *("disable_after", "starts_at", "ends_at", "owner", "tags_told", "who", "changes"),
        *("created_at", "tenant", "id"),
    )
    readonly_fields = fields
    actions_list = ("create", "timeline", "calendar", "system")
    actions_detail = (
        *("run", "edit", "pause", "resume", "run_with", "backfill", "clone", "addresses"),
        "remove",
    )

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        return [*previews.urls_of(self), *urls]

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        actions: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, object_id)
        missing = {"resume"} if row is not None and row.enabled else {"pause"}
        return [one for one in actions if one.method.__name__ not in missing]

    def get_fields(self, request: HttpRequest, obj: JobSchedule | None = None) -> list[Any]:
        """Return those that say something of a schedule of this kind."""
        found = list(super().get_fields(request, obj))
        if obj is None:
            return found
        foreign = {"cron", "rule", "anchor_at", "followed"} - _OF_KIND[ScheduleKind(obj.kind)]
        if obj.kind not in (ScheduleKind.CRON, ScheduleKind.RULE):
            foreign.add("dst_policy")
        if obj.kind == ScheduleKind.AFTER:
            foreign |= {"next_runs", "time_zone", "closed_days"}
        if obj.kind != ScheduleKind.CRON:
            foreign.add("warnings")
        if not obj.document:
            foreign.add("document")
        return [name for name in found if name not in foreign]

    @display(description="follows")
    def followed(self, row: JobSchedule) -> SafeString | str:
        if row.after_id is None:
            return "-"
        with in_tenant(row.tenant_id):
            name = name_told(row.after_id)
        return labelled(reverse("admin:scheduler_jobschedule_change", args=[row.after_id]), name)

    @display(description="closed days")
    def closed_days(self, row: JobSchedule) -> str:
        return calendar_told(row.calendar)

    @display(description="tags")
    def tags_told(self, row: JobSchedule) -> str:
        return ", ".join(row.tags) or "-"

    @display(description="changes")
    def changes(self, row: JobSchedule) -> SafeString:
        return versions_table(last_versions(row, _SHOWN + 1))

    @display(description="when")
    def times(self, row: JobSchedule) -> str:
        return told_times(row)

    @display(description="state", ordering="enabled")
    def standing(self, row: JobSchedule) -> SafeString:
        return standing_of(row)

    @display(description="next, UTC")
    def next_at(self, row: JobSchedule) -> SafeString | str:
        return moment_told(row.next_run_at)

    @display(description="last, UTC")
    def last_at(self, row: JobSchedule) -> SafeString | str:
        return moment_told(row.last_run_at)

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

    @display(description="over time")
    def seen_at(self, row: JobSchedule) -> SafeString:
        href = reverse("admin:scheduler_jobschedule_timeline")
        return labelled(f"{href}?schedule={row.pk}", "Timeline")

    @action(description="Timeline", url_path="timeline", permissions=["view"])
    def timeline(self, request: HttpRequest) -> HttpResponse:
        """Show what ran when, and what is to come."""
        return timeline_page(self, request)

    @action(description="Calendar", url_path="calendar", permissions=["view"])
    def calendar(self, request: HttpRequest) -> HttpResponse:
        """Show how many runs each day has."""
        return calendar_page(self, request)

    @action(description="System schedules", url_path="system", permissions=["view"])
    def system(self, request: HttpRequest) -> HttpResponse:
        """Show what the platform does by itself."""
        return system_page(self, request)

    @action(
        description="New schedule",
        url_path="create",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def create(self, request: HttpRequest) -> HttpResponse:
        """Ask what and when, show when that would be, and make it."""
        return create_page(self, request)

    @action(description="Change", url_path="edit", permissions=["operate"])
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask what is to be another, show when it would be due, and change it."""
        return edit_page(self, request, row_of(self, request, object_id))

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

    @action(description="Run with", url_path="run-with", permissions=["operate"])
    def run_with(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for other parameters, then have it run with them."""
        row: JobSchedule = row_of(self, request, object_id)

        def act(given: dict[str, Any]) -> str:
            with acting_staff(request, row.tenant_id):
                run_now(id=str(row.pk), parameters=given["parameters"])
            return f"{row.name} runs once with these."

        return form_page(
            self,
            request,
            row,
            RunForm(request.POST or None, initial={"parameters": parameters_shown(row)}),
            title=f"Run {row.name} with other parameters",
            causes=lambda _: [
                "It runs once, now, with these; its own, and when it is due, stay as they are.",
                "It has the rights of whoever is signed in here.",
            ],
            act=act,
        )

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

        return form_page(
            self,
            request,
            row,
            BackfillForm(request.POST or None, time_zone=row.time_zone),
            title=f"Run times of {row.name} again",
            causes=told,
            act=act,
        )

    @action(
        description="Pause",
        url_path="pause",
        permissions=["operate"],
    )
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, then pause it."""
        row: JobSchedule = row_of(self, request, object_id)

        def act(given: dict[str, Any]) -> str:
            with acting_staff(request, row.tenant_id):
                pause_schedule(id=str(row.pk), note=given["note"])
            return f"{row.name} is paused."

        return form_page(
            self,
            request,
            row,
            PauseForm(request.POST or None),
            title=f"Pause {row.name}",
            causes=lambda _: ["It is due no more until it is resumed; what was due before runs."],
            act=act,
        )

    @action(description="Resume", url_path="resume", permissions=["operate"])
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then resume it."""
        causes = "It is due again from now on; what it missed is not run."
        row = row_of(self, request, object_id)
        return ask_then(self, request, row, "Resume", causes, resume_schedule)

    @action(description="Clone", url_path="clone", permissions=["operate"])
    def clone(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a name, and make another like it."""
        row: JobSchedule = row_of(self, request, object_id)

        def act(given: dict[str, Any]) -> str:
            with acting_staff(request, row.tenant_id):
                made = clone_schedule(id=str(row.pk), name=given["name"])
            return f"{made.name} is there, and off."

        return form_page(
            self,
            request,
            row,
            CloneForm(request.POST or None, initial={"name": f"{row.name[:190]} (copy)"}),
            title=f"Clone {row.name}",
            causes=lambda _: [
                "Another schedule is made that says the same. It is off until it is resumed.",
                "Whoever is signed in here answers for it. A secret is not taken along.",
            ],
            act=act,
        )

    @action(description="Addresses", url_path="addresses", permissions=["operate"])
    def addresses(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the addresses of its badge and for pings, to be copied."""
        return addresses_page(self, request, row_of(self, request, object_id))

    @action(
        description="Delete",
        url_path="remove",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then remove it with its runs."""
        row: JobSchedule = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with acting_staff(request, row.tenant_id):
                delete_schedule(id=str(row.pk))
            return f"{row.name} is gone."

        return Errand(
            asks=lambda _: f"Delete {row.name}?",
            causes=lambda _: [
                "It is due no more, and its runs are gone with what they told.",
                "To let it rest and keep them, pause it instead.",
            ],
            act=act,
            back=reverse("admin:scheduler_jobschedule_changelist"),
            yes="Yes, delete it",
        ).run(self, request)
