"""Jobs for staff: the queues, what waits and runs, what failed and why; retry, cancel, pause."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from kernel.admin import (
    Bar,
    SeenOnlyAdmin,
    TenantAdmin,
    action,
    ago,
    ask,
    columns_of,
    confirmed,
    display,
    labelled,
    table,
)
from kernel.jobs.models import Job, JobState, Queue, WaitsFor
from kernel.jobs.operations import (
    Cancelled,
    cancel_all,
    pause_queue,
    resume_queue,
    retry_all,
)
from kernel.jobs.registry import Registered, known, queue_of
from kernel.jobs.selectors import MOST_COUNTED, QueueCount, counts_by_queue, done_by_minute
from project.admin.away import jobs_are_carried

#: Of a list of jobs that have ended, the filter by which an index gives them.
ENDED = {JobState.DONE, JobState.FAILED, JobState.CANCELLED}
JOBS = "admin:jobs_job_changelist"


class QueueFilter(admin.SimpleListFilter):
    """Only the jobs of one queue."""

    title = "queue"
    parameter_name = "queue"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        # Asking the table of jobs would read all of it.
        here = {queue_of(job.name) for job in known()}
        names = here | set(Queue.objects.values_list("pk", flat=True)[:100])
        return [(name, name) for name in sorted(names)]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Job]) -> QuerySet[Job]:
        return rows.filter(queue=self.value()) if self.value() else rows


@admin.register(Job)
class JobAdmin(SeenOnlyAdmin, TenantAdmin):
    """The newest first; of those that have ended, the last to end."""

    list_display = ("name", "shown_state", "progress", "reason", "tenant", "target", "when")
    list_filter = ("state", QueueFilter)
    actions = ("retry", "cancel")
    actions_detail = ("retry_one", "cancel_one")
    fieldsets = (
        (None, {"fields": ("name", "shown_state", "progress", "shown_error", "attempts")}),
        ("What and for whom", {"fields": ("queue", "target", "tenant", "priority", "batch")}),
        (
            "When",
            {"fields": ("created_at", "run_at", "started_at", "finished_at", "cancel_asked_at")},
        ),
        ("Who", {"fields": ("worker", "lease_until", "key", "live_key", "id", "trace")}),
    )
    readonly_fields = tuple(name for _, part in fieldsets for name in part["fields"])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        rows = Job.objects.order_by(*self.get_ordering(request))
        # As the condition of the index says it.
        return rows.filter(finished_at__isnull=False) if _ended(request) else rows

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-finished_at", "-id") if _ended(request) else ("-id",)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        jobs_are_carried(request)
        return super().get_list_display(request)

    @display(
        description="state",
        label={
            JobState.QUEUED: "info",
            JobState.RUNNING: "warning",
            JobState.DONE: "success",
            JobState.FAILED: "danger",
        },
    )
    def shown_state(self, job: Job) -> str:
        return job.state

    @display(description="progress")
    def progress(self, job: Job) -> str | SafeString:
        if job.state == JobState.QUEUED:
            return f"waits for {WaitsFor(job.waits_for).label}"
        if not job.progress_done and not job.progress_total:
            return "-"
        told = f"{job.progress_done:,}"
        if job.progress_total:
            told = f"{told} of {job.progress_total:,}"
        if job.progress_total and job.state == JobState.RUNNING:
            return format_html(
                '<progress class="septet-bar" max="{}" value="{}" aria-label="{}"></progress>'
                ' <span class="septet-nowrap">{}</span> {}',
                job.progress_total,
                min(job.progress_done, job.progress_total),
                f"progress of {job.name}",
                told,
                job.progress_message,
            )
        return f"{told} {job.progress_message}".strip()

    @display(description="reason")
    def reason(self, job: Job) -> str:
        shown = job.last_error.partition("\n")[0]
        return f"{shown[:99]}…" if len(shown) > 100 else shown or "-"

    @display(description="when")
    def when(self, job: Job) -> str:
        what = {JobState.QUEUED: "due", JobState.RUNNING: "since"}.get(JobState(job.state), "ended")
        moments = {"due": job.run_at, "since": job.started_at, "ended": job.finished_at}
        at = moments[what]
        return f"{what} {at:%Y-%m-%d %H:%M:%S}" if at else "-"

    @display(description="why the last attempt failed")
    def shown_error(self, job: Job) -> SafeString | str:
        if not job.last_error:
            return "-"
        return format_html('<pre class="septet-json">{}</pre>', job.last_error)

    @display(description="trace")
    def trace(self, job: Job) -> SafeString | str:
        if job.trace_id is None:
            return "its own"
        url = f"{reverse('admin:jobs_job_changelist')}?trace_id={job.trace_id}"
        return labelled(url, job.trace_id.hex)

    @display(description="batch")
    def batch(self, job: Job) -> SafeString | str:
        if not job.batch_id:
            return "follows a batch" if job.after else "-"
        url = reverse("admin:jobs_job_change", args=[job.batch_id])
        return labelled(url, "is followed by another job")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        actions: list[Any] = super().get_actions_detail(request, object_id)
        state = Job.objects.filter(pk=unquote(object_id)).values_list("state", flat=True).first()
        offered = {
            JobState.FAILED: {"retry_one"},
            JobState.QUEUED: {"cancel_one"},
            JobState.RUNNING: {"cancel_one"},
        }.get(JobState(state or JobState.DONE), set())
        return [one for one in actions if one.method.__name__ in offered]

    @action(description="Try again", url_path="retry", permissions=["operate"], icon="replay")
    def retry_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then queue it from its first attempt."""
        return self._asked(
            request,
            object_id,
            lambda jobs: f"{retry_all(jobs)} job is queued again.",
            "Try this job again?",
            "It is queued, and has all its attempts once more.",
        )

    @action(description="Cancel", url_path="cancel", permissions=["operate"], icon="cancel")
    def cancel_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then take it back, or tell it to end."""
        return self._asked(
            request,
            object_id,
            lambda jobs: _cancelled(cancel_all(jobs)),
            "Cancel this job?",
            "If it waits, it does not begin.",
            "If it runs, it is told to end; what it has done by then stays.",
        )

    def _asked(
        self,
        request: HttpRequest,
        object_id: str,
        act: Callable[[QuerySet[Job]], str],
        asks: str,
        *causes: str,
    ) -> HttpResponse:
        job = get_object_or_404(Job, pk=unquote(object_id))
        if request.POST.get("confirmed") != "yes":
            return ask(self, request, asks=f"{asks} {job}", causes=causes)
        messages.success(request, act(Job.objects.filter(pk=job.pk)))
        return redirect("admin:jobs_job_change", object_id)

    @admin.action(
        description="Try the selected failed jobs again, from their first attempt",
        permissions=["change"],
    )
    @confirmed
    def retry(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        messages.success(request, f"{retry_all(jobs)} jobs are queued again.")

    @admin.action(
        description="Cancel the selected jobs: what waits does not begin, what runs is told to end",
        permissions=["change"],
    )
    @confirmed
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        messages.success(request, _cancelled(cancel_all(jobs)))


def _cancelled(done: Cancelled) -> str:
    told = f"{done.at_once} jobs will not run."
    return f"{told} {done.asked} that run are told to end." if done.asked else told


def _ended(request: HttpRequest) -> bool:
    return request.GET.get("state__exact") in ENDED


@admin.register(Queue)
class QueueAdmin(SeenOnlyAdmin):
    """How each queue is doing; the page of one says the rest."""

    ordering = ("name",)
    actions = ("pause", "resume")
    actions_detail = ("pause_one", "resume_one")
    fields = ("name", "paused_at", "now", "jobs")
    readonly_fields = fields
    change_form_outer_before_template = "kernel/admin/bars.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        rows: QuerySet[Queue] = super().get_queryset(request)
        here = {queue_of(job.name) for job in known()}
        # A queue that nobody has paused yet has no row; people look for it all the same.
        if missing := here - set(rows.values_list("pk", flat=True)):
            Queue.objects.bulk_create(map(Queue, sorted(missing)), ignore_conflicts=True)
        return rows

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        column = columns_of(lambda: {one.queue: one for one in counts_by_queue()}, QueueCount)
        carried = jobs_are_carried(request)

        @display(
            description="state",
            label={"paused": "warning", "waits": "danger", "works": "success"},
        )
        def state(queue: Queue) -> str:
            if queue.paused_at:
                return "paused"
            return "works" if carried else "waits"

        return [
            "name",
            state,
            column("waits", lambda one: _linked(one, JobState.QUEUED)),
            column("oldest waits", lambda one: ago(one.waiting) if one.waiting else "-"),
            column("runs", lambda one: _linked(one, JobState.RUNNING)),
            column("failed", lambda one: _linked(one, JobState.FAILED)),
            column("done lately", lambda one: _linked(one, JobState.DONE)),
        ]

    @display(description="now")
    def now(self, queue: Queue) -> SafeString:
        counts = {one.queue: one for one in counts_by_queue()}
        one = counts.get(queue.name) or QueueCount(queue.name)
        rows = [(state, _linked(one, state)) for state in JobState]
        aside = [
            (f"of the queued, wait for {WaitsFor(reason).label}", _number(count))
            for reason, count in one.waits_for.items()
        ]
        oldest = ("the oldest that could run has waited", ago(one.waiting))
        return table(("what", "how many"), [*rows, *aside, oldest], "")

    @display(description="its jobs")
    def jobs(self, queue: Queue) -> SafeString:
        rows = [(job.name, _promise(job)) for job in known({queue.name})]
        return table(("name", "how"), rows, "This process knows none of its jobs.")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        jobs_are_carried(request)
        bars = Bar.of(done_by_minute(object_id))
        chart = {
            "bars": bars if any(bar.value for bar in bars) else [],
            "bars_last": bars[-1],
            "bars_title": f"Jobs done, by the minute (the newest {MOST_COUNTED:,} at most)",
        }
        response: HttpResponse = super().change_view(
            request, object_id, form_url, (extra_context or {}) | chart
        )
        return response

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        actions: list[Any] = super().get_actions_detail(request, object_id)
        paused = Queue.objects.filter(pk=unquote(object_id)).exclude(paused_at=None).exists()
        offered = "resume_one" if paused else "pause_one"
        return [one for one in actions if one.method.__name__ == offered]

    @action(description="Pause", url_path="pause", permissions=["operate"], icon="pause")
    def pause_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then pause it."""
        return self._asked(
            request,
            object_id,
            pause_queue,
            "is paused",
            "Nothing more of it begins until it is resumed; what runs goes on.",
            "Nothing is lost: what is enqueued meanwhile waits.",
        )

    @action(description="Resume", url_path="resume", permissions=["operate"], icon="play_arrow")
    def resume_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let it go on."""
        return self._asked(request, object_id, resume_queue, "goes on", "What waits is taken up.")

    def _asked(
        self,
        request: HttpRequest,
        object_id: str,
        act: Callable[[str], bool],
        done: str,
        *causes: str,
    ) -> HttpResponse:
        queue = get_object_or_404(Queue, pk=unquote(object_id))
        if request.POST.get("confirmed") != "yes":
            verb = "Pause" if act is pause_queue else "Resume"
            return ask(self, request, asks=f"{verb} {queue.name}?", causes=causes)
        already = "" if act(queue.name) else " already"
        messages.success(request, f"{queue.name} {done}{already}.")
        return redirect("admin:jobs_queue_change", object_id)

    @admin.action(
        description="Pause the selected queues: what runs goes on, nothing more begins",
        permissions=["change"],
    )
    @confirmed
    def pause(self, request: HttpRequest, queues: QuerySet[Queue]) -> None:
        paused = sum(pause_queue(queue.name) for queue in queues)
        messages.success(request, f"{paused} queues are paused.")

    @admin.action(
        description="Resume the selected queues: what waits is taken up", permissions=["change"]
    )
    @confirmed
    def resume(self, request: HttpRequest, queues: QuerySet[Queue]) -> None:
        resumed = sum(resume_queue(queue.name) for queue in queues)
        messages.success(request, f"{resumed} queues go on.")


def _linked(one: QueueCount, state: JobState) -> SafeString | str:
    number = one.states[state]
    if not number:
        return "0"
    url = f"{reverse(JOBS)}?{urlencode({'queue': one.queue, 'state__exact': state.value})}"
    return labelled(url, _number(number))


def _promise(job: Registered) -> str:
    told = [f"{job.max_attempts} attempts of at most {ago(job.timeout.total_seconds())}"]
    if job.every:
        told.append(f"by itself every {ago(job.every.total_seconds())}")
    if job.at_once:
        told.append(f"{job.at_once} at a time")
    if job.at_once_per_tenant:
        told.append(f"{job.at_once_per_tenant} of a tenant at a time")
    return ", ".join(told)


def _number(count: int) -> str:
    return f"{count:,} or more" if count >= MOST_COUNTED else f"{count:,}"
