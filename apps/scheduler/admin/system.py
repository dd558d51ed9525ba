"""System schedules: what the platform does by itself, each service telling of its own."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from apps.scheduler.admin.sights import context_of
from contracts.periodics import Periodic
from kernel import clock
from kernel.admin import ago, badge, table
from kernel.identity.service_tokens import own_principal
from kernel.jobs.registry import queue_of
from kernel.periodics.client import Told, told_by_all
from kernel.periodics.services import SCOPE
from kernel.services import BY_NAME
from kernel.tenancy.context import PLATFORM, acting_as

_EVERY: dict[float, str] = {60: "minute", 3_600: "hour", 86_400: "day"}
_KINDS = {"done": "success", "failed": "danger", "cancelled": "warning"}


def system_page(page: Any, request: HttpRequest) -> HttpResponse:
    """Answer with what all services do by themselves."""
    with acting_as(own_principal(PLATFORM, SCOPE)):
        told = told_by_all()
    services = [part for one in told for part in _parts(one)]
    context = context_of(
        page,
        request,
        "System schedules",
        services=services,
        late=sum(one.late for service in told for one in service.schedules),
        away=sum(bool(one.problem) for one in told),
    )
    return TemplateResponse(request, "scheduler/system.html", context)


def _parts(told: Told) -> Iterator[dict[str, Any]]:
    """Yield what a service does, and what the kernel does in its process."""
    title = BY_NAME[told.service].title
    own = [one for one in told.schedules if queue_of(one.name) == told.service]
    yield {"title": title, "problem": told.problem, "table": _table(own)}
    if kernel := [one for one in told.schedules if one not in own]:
        yield {"title": f"The kernel, where {title} runs", "problem": "", "table": _table(kernel)}


def _table(schedules: Sequence[Periodic]) -> SafeString:
    rows = [
        (
            one.name,
            one.description,
            f"every {_EVERY.get(one.every_seconds) or ago(one.every_seconds)}",
            _standing(one),
            _last(one),
            _next(one),
        )
        for one in schedules
    ]
    head = ("name", "what it does", "interval", "stands", "last run, took", "next run")
    return table(head, rows, "It does nothing by itself.")


def _standing(one: Periodic) -> SafeString:
    if one.late:
        return badge("late", "danger")
    state = one.last_run.state if one.last_run else "queued"
    return badge(state, _KINDS.get(state, "info"))


def _next(one: Periodic) -> str:
    same_day = one.next_run_at.date() == clock.now().date()
    return f"{one.next_run_at:%H:%M:%S}" if same_day else f"{one.next_run_at:%b %d, %H:%M}"


def _last(one: Periodic) -> str:
    run = one.last_run
    if run is None:
        return "-"
    if run.started_at is None:
        return "waits for a worker"
    seconds = (clock.now() - run.started_at).total_seconds()
    told = f"{ago(max(seconds, 0))} ago"
    if run.finished_at is not None:
        took = (run.finished_at - run.started_at).total_seconds()
        told = f"{told}, {took:.1f} s" if took >= 1 else f"{told}, {1000 * took:.0f} ms"
    return f"{told}: {run.error_code}" if run.error_code else told
