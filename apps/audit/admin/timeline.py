"""What one actor did, or what was done to one target: day by day, archived logs too."""

from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.admin.views.main import PAGE_VAR
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.audit.admin.overview import of_tenant, seal
from apps.audit.admin.questions import Asked, address_of, asked_of
from apps.audit.models import AuditLog
from apps.audit.selectors.viewers import page_of
from apps.audit.services.reading import record_search
from kernel.admin import Listed, pager_of, window_of
from kernel.errors import DomainError
from kernel.tenancy.context import in_tenant

#: Logs of a page.
PAGE = 50


def timeline_of(tenant_id: UUID, **query: str) -> str:
    """Return the address of the timeline of an actor or a target."""
    asked = urlencode(address_of(query, tenant_id))
    return f"{reverse('admin:audit_auditlog_timeline')}?{asked}"


def timeline(page: Any, request: HttpRequest) -> HttpResponse:
    """Answer with a page of a timeline, the newest first; that it was shown is on record."""
    asked = asked_of(request)
    query = asked.query
    if asked.tenant_id is None or not (query.actor_id or query.target_id):
        raise Http404("a timeline is of one actor or one target of one tenant")
    stands = seal(asked)
    try:
        with in_tenant(asked.tenant_id):
            listed = Listed.of(page_of(query, window_of(request, PAGE)))
    except DomainError as error:
        raise Http404(str(error)) from None
    record_search(asked.tenant_id, query, listed.rows)
    logs = f"{reverse('admin:audit_auditlog_changelist')}"
    told = address_of(query.told(), asked.tenant_id)

    def address(changes: dict[str, str | None]) -> str:
        return f"{logs}?{urlencode({k: v for k, v in {**told, **changes}.items() if v})}"

    def beside(places: dict[str, str | None]) -> str:
        return f"?{urlencode(told | {PAGE_VAR: str(places.get(PAGE_VAR) or '')})}"

    context = page.admin_site.each_context(request) | {
        "title": _title(asked, listed.rows),
        "opts": page.opts,
        "media": page.media,
        "days": [
            (day, list(some))
            for day, some in groupby(listed.rows, key=lambda log: log.occurred_at.date())
        ],
        "of_actor": query.actor_id is not None,
        "list_url": address({}),
        "listed": {
            "paginator": pager_of(request, listed, beside),
            "result_count": len(listed.rows),
        },
    }
    return TemplateResponse(
        request,
        "audit/timeline.html",
        context | stands | of_tenant(asked, address) | {"facets": None},
    )


def _title(asked: Asked, rows: list[AuditLog]) -> str:
    query = asked.query
    if query.actor_id:
        names = [log.actor_name for log in rows if log.actor_name]
        return f"What {names[0] if names else query.actor_id} did"
    named = [
        one["name"]
        for log in rows
        for one in log.targets
        if one["id"] == query.target_id and one["name"]
    ]
    return f"What was done to {named[0] if named else query.target_id}"
