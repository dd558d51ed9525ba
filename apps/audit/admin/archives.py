"""Archives for staff: what lies where, the rounds that make them, and restoring."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.audit.models import Archive, ArchiveState
from apps.audit.selectors.staff import due_now, rounds
from apps.audit.services.restoring import RESTORED_DAYS, restore_archive
from apps.audit.services.retaining import start_round
from kernel.admin import (
    ActionVariant,
    Errand,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantField,
    TenantFilter,
    action,
    badge,
    confirmed,
    display,
    labelled,
    table,
)
from kernel.errors import DomainError
from kernel.identity.selectors import slugs_of
from kernel.jobs.models import Job, JobState
from kernel.tenancy.context import in_tenant

_KINDS = {
    ArchiveState.ARCHIVED: "success",
    ArchiveState.VERIFIED: "info",
    ArchiveState.RESTORED: "info",
}
_JOB_KINDS = {JobState.DONE: "success", JobState.FAILED: "danger", JobState.CANCELLED: "warning"}
_WHAT = {"audit.retain_tenant": "archive, remove, let go", "audit.restore": "restore"}


class TenantForm(forms.Form):
    """Of which tenant."""

    tenant = TenantField()


@admin.register(Archive)
class ArchiveAdmin(SeenOnlyAdmin, TenantAdmin):
    """Logs of months that have ended, in files that prove themselves."""

    list_display = ("month_told", "of_actions", "standing", "count", "size", "until", "tenant")
    list_filter = (TenantFilter, "state")
    ordering = ("-month", "-id")
    actions = ("restore",)
    actions_list = ("start",)
    list_before_template = "kernel/admin/panel.html"
    fields = (
        "month_told",
        "of_actions",
        "standing",
        "tenant",
        "count",
        "size",
        "occurred_from",
        "occurred_to",
        "made_at",
        "removed_at",
        "restored_until",
        "until",
        "note",
        "id",
    )
    readonly_fields = fields

    @display(description="month", ordering="month")
    def month_told(self, archive: Archive) -> str:
        return f"{archive.month:%Y-%m}"

    @display(description="actions", ordering="actions")
    def of_actions(self, archive: Archive) -> str:
        return archive.actions

    @display(description="state", ordering="state")
    def standing(self, archive: Archive) -> SafeString:
        if not archive.has_records:
            return badge("let go", "danger")
        kind = _KINDS.get(ArchiveState(archive.state), "warning")
        return badge(archive.get_state_display(), kind)

    @display(description="logs", ordering="logs")
    def count(self, archive: Archive) -> str:
        return f"{archive.logs:,}"

    @display(description="size", ordering="size_bytes")
    def size(self, archive: Archive) -> str:
        return filesizeformat(archive.size_bytes)

    @display(description="kept until", ordering="expires_at")
    def until(self, archive: Archive) -> str:
        return f"{archive.expires_at:%Y-%m-%d}" if archive.expires_at else "for ever"

    @display(description="manifest")
    def note(self, archive: Archive) -> SafeString:
        return format_html('<pre class="septet-json">{}</pre>', archive.manifest)

    @admin.action(description="Restore the selected archives", permissions=["change"])
    @confirmed
    def restore(self, request: HttpRequest, archives: QuerySet[Archive]) -> None:
        """Their logs come back into the database for 30 days, by jobs, and go again then. Nothing
        leaves the archive."""
        for archive in archives:
            try:
                with in_tenant(archive.tenant_id):
                    restore_archive(id=str(archive.pk), days=RESTORED_DAYS)
                messages.success(request, f"{archive} is being restored.")
            except DomainError as error:
                messages.error(request, f"{archive}: {error}.")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        panel = {"panel_title": "The last rounds", "panel": _rounds()}
        return super().changelist_view(request, (extra_context or {}) | panel)

    @action(
        description="Start a round",
        url_path="start",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def start(self, request: HttpRequest) -> HttpResponse:
        """Ask of which tenant, say what is due, and let a job do it."""

        def causes(given: dict[str, Any]) -> list[str]:
            with in_tenant(given["tenant"]):
                due = due_now()
            return [
                f"{due.archived:,} logs are due to be archived, and leave the database then.",
                f"{due.deleted:,} are due to be deleted; {due.held:,} stay, held by a hold.",
                "What was archived for longer than its policy says is let go.",
                "Logs leave only when their file was read back and fits the sealed log.",
                "It would begin by itself each day, too. It is on record under your name.",
            ]

        def act(given: dict[str, Any]) -> SafeString:
            with in_tenant(given["tenant"]):
                job_id = start_round()
            href = reverse("admin:jobs_job_change", args=[job_id])
            return format_html("The round has been {}.", labelled(href, "asked for"))

        return Errand(
            title="Start a round of retention",
            introduction="A round archives, removes and lets go what is due by the policies of a"
            " tenant, and restores what was asked for.",
            asks=lambda _: "Start a round?",
            causes=causes,
            act=act,
            back=reverse("admin:audit_archive_changelist"),
            yes="Yes, start it",
        ).run(self, request, TenantForm(request.POST or None))


def _rounds() -> SafeString:
    jobs = rounds()
    slugs = slugs_of([job.tenant_id for job in jobs if job.tenant_id])
    rows = [
        (
            labelled(
                reverse("admin:jobs_job_change", args=[job.pk]),
                f"{job.created_at:%Y-%m-%d %H:%M:%S}",
            ),
            _WHAT[job.name],
            slugs.get(job.tenant_id, "-") if job.tenant_id else "-",
            badge(job.state, _JOB_KINDS.get(JobState(job.state), "info")),
            _progress(job),
        )
        for job in jobs
    ]
    return table(("asked for", "what", "tenant", "state", "how far"), rows, "None yet.")


def _progress(job: Job) -> str:
    if job.state == JobState.FAILED:
        return job.last_error[:200]
    of = f" of {job.progress_total:,}" if job.progress_total else ""
    told = f"{job.progress_done:,}{of}" if job.progress_done else ""
    return f"{told} {job.progress_message}".strip() or "-"
