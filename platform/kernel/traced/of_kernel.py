"""What the kernel's own tables know of a trace."""

from collections.abc import Sequence

from django.db.models.fields.json import KT

from kernel.events.models import OutboxEvent, Redelivery
from kernel.identity.models import Refusal
from kernel.jobs.models import Job
from kernel.traced.models import TracedLine
from kernel.traced.sources import MOST_FOUND, Asked, Found, around, source


@source("Log lines", permission="traced.view_tracedline")
def lines(asked: Asked) -> Sequence[Found]:
    """Return the notable ones, with slow statements and fields among them."""
    return [
        Found(at=one.at, title=one.logger, state=one.level.lower(), detail=one.line)
        for one in TracedLine.objects.filter(trace_id=asked.trace).order_by("pk")[:MOST_FOUND]
    ]


@source("Refusals", permission="identity.view_refusal")
def refusals(asked: Asked) -> Sequence[Found]:
    """Return why the request that was named was refused."""
    if not asked.request:
        return []
    return [
        Found(
            at=one.at,
            title=one.operation or "request",
            state=one.reason.replace("_", " "),
            detail=one.detail,
            tenant_id=one.tenant_id,
            page="admin:identity_refusal_change",
            key=str(one.pk),
        )
        for one in Refusal.objects.filter(request_id=asked.request).order_by("pk")[:MOST_FOUND]
    ]


@source("Jobs", permission="jobs.view_job")
def jobs(asked: Asked) -> Sequence[Found]:
    """Return the jobs that were asked for, and those that these asked for."""
    return [
        Found(
            at=one.created_at,
            title=str(one),
            state=one.state,
            detail=one.last_error.partition("\n")[0],
            tenant_id=one.tenant_id,
            page="admin:jobs_job_change",
            key=str(one.pk),
        )
        for one in Job.objects.filter(trace_id=asked.trace).order_by("pk")[:MOST_FOUND]
    ]


@source("Events", permission="events.view_outboxevent")
def events(asked: Asked) -> Sequence[Found]:
    """Return the events that were published here."""
    rows = around(OutboxEvent.objects.all(), asked, "event_id")
    return [
        Found(
            at=one.time,
            title=str(one),
            state=one.state,
            tenant_id=one.tenant_id,
            page="admin:events_outboxevent_change",
            key=str(one.pk),
        )
        for one in rows.filter(message__contains=asked.trace.hex)[:MOST_FOUND]
    ]


@source("Dead letters and redeliveries", permission="events.view_redelivery")
def redeliveries(asked: Asked) -> Sequence[Found]:
    """Return the events that could not be handled at once."""
    rows = around(Redelivery.objects.all(), asked, "event_id").annotate(
        parent=KT("envelope__traceparent")
    )
    return [
        Found(
            at=one.last_failed_at or one.due_at,
            title=f"{one.type} for {one.group}",
            state=one.state,
            detail=f"{one.error_code} {one.error_message}".strip(),
            tenant_id=one.tenant_id,
            page="admin:events_redelivery_change",
            key=str(one.pk),
        )
        for one in rows.filter(parent__contains=asked.trace.hex)[:MOST_FOUND]
    ]
