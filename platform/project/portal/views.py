"""The portal's pages, and the same facts for programs."""

from pathlib import Path

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

from kernel.services import BY_NAME
from project.graph import subgraph
from project.portal.catalogue import listed
from project.version import VERSION

# HTML in a page's source is shown as text: our pages need none.
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")

EXAMPLE = """\
# Run it with Ctrl-Enter. Everything here is in your tenant only.
{
  __typename
}
"""
AUDIT_EXAMPLE = """\
# Run it with Ctrl-Enter: who deleted secrets, and how often?
{
  auditLogs(filter: {actions: ["secretsmanager.DeleteSecret"]}, first: 10) {
    totalCount
    nodes {
      occurredAt
      actor { name }
      targets { id }
    }
  }
}
"""


@require_safe
def portal(request: HttpRequest) -> HttpResponse:
    """Show what this process serves; the page itself asks the other processes how they are."""
    services = listed(_base_url(request), ask_others=False)
    here = [one for one in services if one.served_here]
    return render(
        request,
        "portal/index.html",
        {
            "services": services,
            "here": here,
            "everything": len(here) == len(services),
            "health": here[0].health,
            "database": connection.display_name,
            "version": VERSION,
            "base_url": _base_url(request),
        },
    )


@require_safe
def services_json(request: HttpRequest) -> JsonResponse:
    """Tell programs which services there are, where, and how they are."""
    services = listed(_base_url(request), ask_others=True)
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
@ensure_csrf_cookie
def graphiql(request: HttpRequest, service: str = "") -> HttpResponse:
    """Show an editor for the whole graph of this process, or for one service's subgraph."""
    if service and service not in settings.SERVICES:
        raise Http404
    example = AUDIT_EXAMPLE if "audit" in (service, *settings.SERVICES) else EXAMPLE
    if service not in ("", "audit"):
        example = EXAMPLE
    return render(
        request,
        "portal/graphiql.html",
        {
            "endpoint": f"/{service}/graphql" if service else "/graphql",
            "service": BY_NAME.get(service),
            "example": example,
        },
    )


@require_safe
def sdl(_request: HttpRequest, service: str) -> HttpResponse:
    """Return a service's federation SDL as text."""
    if service not in settings.SERVICES:
        raise Http404
    return HttpResponse(subgraph(service).sdl, content_type="text/plain; charset=utf-8")


@require_safe
def docs(request: HttpRequest, service: str) -> HttpResponse:
    """Show a service's README."""
    page = Path(settings.BASE_DIR) / "apps" / service / "README.md"
    if service not in BY_NAME or not page.exists():
        raise Http404
    text = page.read_text(encoding="utf-8")
    return render(
        request,
        "portal/docs.html",
        {
            "service": BY_NAME[service],
            # What scrolls sideways on a phone has to be reachable by keyboard.
            "text": _markdown.render(text).replace("<pre>", '<pre tabindex="0">'),
        },
    )


def _base_url(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
