"""The portal's pages, and the same facts for programs."""

from typing import Any

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kernel import clock
from kernel.federation.execution import IntrospectionDisabledError
from kernel.headers import PAGE_POLICY, POLICY
from kernel.services import BY_NAME
from kernel.uptime.selectors import DAYS
from project.graph import subgraph
from project.portal.catalogue import findings, health_of, listed
from project.portal.events import asyncapi_text, shown_event, shown_services
from project.portal.examples import document_of, examples_of, snippets
from project.portal.library import Library
from project.portal.status import board
from project.version import VERSION

_STARTED = clock.now()
# Behind an open dialog the editor stops the page from scrolling, by a style that it writes.
_GRAPHIQL_POLICY = PAGE_POLICY.replace(
    "style-src 'self'", "style-src 'self' 'sha256-Y/huXlwoYkVyQlxwSVcCi1RCDGDCSVBzDt0hYP9qlTc='"
)


@require_safe
def portal(request: HttpRequest) -> HttpResponse:
    """Show what this process serves; the page itself asks the other processes how they are."""
    found = findings()
    own = health_of(found)
    services = listed(_base_url(request), own, ask_others=False)
    here = [one for one in services if one.served_here]
    return _page(
        request,
        "portal/index.html",
        {
            "services": services,
            "here": here,
            "everything": len(here) == len(services),
            "findings": found,
            "health": own,
            "database": connection.display_name,
            "started": _STARTED,
            "version": VERSION,
            "base_url": _base_url(request),
        },
    )


@require_safe
def services_json(request: HttpRequest) -> JsonResponse:
    """Tell programs which services there are, where, and how they are."""
    own = health_of(findings())
    services = listed(_base_url(request), own, ask_others=True)
    response = JsonResponse(
        {
            "product": "Septet",
            "version": VERSION,
            "services": [one.as_json() for one in services],
        }
    )
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Show how everything is, and how it was on each of the last days."""
    return _page(request, "portal/status.html", {"board": board(), "days": DAYS})


@require_safe
def graphiql(request: HttpRequest, service: str = "") -> HttpResponse:
    """Show an editor for the whole graph of this process, or for one service's subgraph."""
    if service and service not in settings.SERVICES:
        raise Http404
    # Of the whole graph one example, which runs without a choice.
    examples = examples_of(service) if service else examples_of(settings.SERVICES[0])[:1]
    response = _page(
        request,
        "portal/graphiql.html",
        {
            "endpoint": f"/{service}/graphql" if service else "/graphql",
            "service": BY_NAME.get(service),
            "example": document_of(examples),
        },
    )
    response[POLICY] = _GRAPHIQL_POLICY
    return response


@require_safe
def start(request: HttpRequest, service: str) -> HttpResponse:
    """Show how programs ask a service, in each language that there is a client for."""
    if service not in settings.SERVICES:
        raise Http404
    base_url = _base_url(request)
    return _page(
        request,
        "portal/start.html",
        {
            "service": BY_NAME[service],
            "services": [BY_NAME[name] for name in settings.SERVICES],
            "examples": [
                {"title": one.title, "snippets": snippets(one, base_url)}
                for one in examples_of(service)
            ],
        },
    )


@require_safe
def sdl(request: HttpRequest, service: str) -> HttpResponse:
    """Return a service's federation SDL as text, to whom GraphQL itself would tell the schema."""
    if service not in settings.SERVICES:
        raise Http404
    if not (settings.GRAPHQL_INTROSPECTION or getattr(request.user, "is_staff", False)):
        raise IntrospectionDisabledError("the schema is for signed-in staff")
    return HttpResponse(subgraph(service).sdl, content_type="text/plain; charset=utf-8")


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """Show every event there is, by the service that tells it."""
    return _page(request, "portal/events.html", {"services": shown_services()})


@require_safe
def event(request: HttpRequest, type_: str) -> HttpResponse:
    """Show one event: its fields, who handles it, and how it looks on each way."""
    shown = shown_event(type_)
    if shown is None:
        raise Http404
    return _page(request, "portal/event.html", {"event": shown})


@require_safe
def asyncapi_json(_request: HttpRequest) -> HttpResponse:
    """Return all events as an AsyncAPI document."""
    return HttpResponse(asyncapi_text(), content_type="application/json")


@require_safe
def docs(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Show a page of the docs, with the menu of all."""
    library = Library()
    page = library.pages.get(slug)
    if page is None:
        raise Http404
    return _page(
        request,
        "portal/docs.html",
        {"page": page, "shelves": library.shelves, "text": library.html(page)},
    )


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    response = render(request, template, context)
    response["Cache-Control"] = "private, no-cache"
    return response


def _base_url(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
