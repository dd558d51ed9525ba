"""The page of a viewer token: logs to look at, for people who have no account here.

The token is in the path. A frame in a foreign page has no cookies of ours, and a form that posts it
would be asked for again at each step back. What a path gives away is kept back here: no answer
names it to another site (`Referrer-Policy`) or is stored, no page has a link that leads away, logs
of requests tell patterns, and what is masked in others is the signature.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.audit.domain.exporting import as_csv
from apps.audit.domain.queries import LogQuery, QueryError
from apps.audit.selectors.viewers import PAGE, page_of, pages_of_file, shown
from apps.audit.services.viewers import open_viewer, record_file
from kernel.errors import DomainError, InvalidInputError, NotFoundError
from kernel.federation.windows import Window
from kernel.headers import PAGE_POLICY, POLICY
from kernel.ratelimits.visit import charge_stranger
from kernel.tenancy.context import acting_as, in_tenant

#: What of a search is in the address of a page.
_ASKED = ("text", "from", "to")

R = TypeVar("R", bound=HttpResponseBase)


@require_safe
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show a page of the logs of a token, narrowed by what is asked."""
    charge_stranger(request)
    # Whoever is signed in here sees no more by it.
    with acting_as(None):
        try:
            viewer = open_viewer(token)
        except NotFoundError:
            return render(request, "audit/viewer_gone.html", status=404)
        with in_tenant(viewer.tenant_id):
            found = _found(request, LogQuery.of(viewer.query), personal=viewer.personal)
            told = {"viewer": viewer, "view_token": token, **found}
            return _closed(render(request, "audit/viewer.html", told, status=found["status"]))


@require_safe
def file(request: HttpRequest, token: str) -> HttpResponseBase:
    """Answer with the same logs as CSV, at most 10,000."""
    charge_stranger(request)
    with acting_as(None):
        viewer = open_viewer(token)
        try:
            query = _narrowed(request, LogQuery.of(viewer.query))
        except QueryError as error:
            raise InvalidInputError(str(error)) from None
        record_file(viewer)
    pages = pages_of_file(query, viewer.tenant_id, personal=viewer.personal)
    response = StreamingHttpResponse(as_csv(pages), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return _closed(response)


def _found(request: HttpRequest, query: LogQuery, *, personal: bool) -> dict[str, Any]:
    asked = {name: request.GET.get(name, "").strip()[:200] for name in _ASKED}
    told: dict[str, Any] = {"asked": asked, "problem": "", "status": 200}
    search = urlencode({name: value for name, value in asked.items() if value})
    told["search"] = f"{search}&" if search else ""
    try:
        window = Window.of(
            first=None if "before" in request.GET else PAGE,
            after=request.GET.get("after"),
            last=PAGE if "before" in request.GET else None,
            before=request.GET.get("before"),
        )
        found = page_of(_narrowed(request, query), window)
        told["rows"], told["info"] = shown(found.nodes, personal=personal), found.page_info
    except (QueryError, DomainError) as error:
        told["problem"], told["status"] = str(error), getattr(error, "status", 400)
    return told


def _narrowed(request: HttpRequest, query: LogQuery) -> LogQuery:
    """Return what is looked for: all that the token says, and what is asked beside it."""
    return query.narrowed(
        text=request.GET.get("text", "").strip()[:200],
        occurred_from=_day(request.GET.get("from", ""), 0),
        occurred_before=_day(request.GET.get("to", ""), 1),
    )


def _day(text: str, later: int) -> datetime | None:
    """Return when a day begins that is so many days later than that of the text."""
    try:
        day = date.fromisoformat(text) + timedelta(days=later) if text else None
    except (ValueError, OverflowError):
        raise QueryError("a day is written as 2026-05-31") from None
    return datetime.combine(day, time(), UTC) if day else None


def _closed(response: R) -> R:
    """Say who may have it in a frame, and that nobody else is to know of it."""
    ancestors = " ".join(("'self'", *settings.AUDIT_VIEW_ANCESTORS))
    response[POLICY] = PAGE_POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {ancestors}")
    # What Django's middleware looks at before it says DENY.
    response.xframe_options_exempt = True  # type: ignore[attr-defined]
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
