"""The screen of one trace: what a request did and led to, as far as whoever looks may see it."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse

from kernel.discovery.addresses import DiscoveryError
from kernel.discovery.directory import base_url
from kernel.identity.models import Tenant
from kernel.services import CATALOGUE
from kernel.traced.selectors import asked_for
from kernel.traced.sources import MOST_FOUND, SOURCES, Asked, Found

#: Of an id that somebody pastes.
MOST_CHARACTERS = 64


def urls_of(site: Any) -> list[URLPattern]:
    """Return the address of the screen."""

    def view(request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("traced.view_tracedline"):
            raise PermissionDenied
        given = request.GET.get("id", "").strip()[:MOST_CHARACTERS].replace("\0", "")
        asked = asked_for(given) if given else None
        context = site.each_context(request) | {
            "title": "Inspector",
            "given": given,
            "asked": asked,
            "trace": asked.trace.hex if asked else "",
            "parts": _parts(request, asked) if asked else [],
            "most": MOST_FOUND,
            "elsewhere": _elsewhere() if asked else [],
        }
        return TemplateResponse(request, "kernel/admin/inspector.html", context)

    return [path("inspector/", site.admin_view(view), name="inspector")]


def _parts(request: HttpRequest, asked: Asked) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return what each source has found that this person may see, in the order of time."""
    found = [
        (source.title, sorted(source.search(asked), key=lambda one: one.at))
        for source in SOURCES.values()
        if request.user.has_perm(source.permission)
    ]
    ids = {one.tenant_id for _, some in found for one in some if one.tenant_id}
    slugs: dict[UUID, str] = dict(Tenant.objects.filter(pk__in=ids).values_list("pk", "slug"))
    return [(title, [_shown(one, slugs) for one in some]) for title, some in found]


def _shown(one: Found, slugs: dict[UUID, str]) -> dict[str, Any]:
    try:
        href = reverse(one.page, args=[one.key]) if one.page else ""
    except NoReverseMatch:
        href = ""
    tenant = slugs.get(one.tenant_id, str(one.tenant_id)) if one.tenant_id else ""
    return {"found": one, "href": href, "tenant": tenant}


def _elsewhere() -> list[tuple[str, str]]:
    """Return where the other services' own inspectors are."""
    places = []
    for service in CATALOGUE:
        if service.name not in settings.SERVICES:
            try:
                places.append((service.title, f"{base_url(service.name)}/admin/inspector/"))
            except DiscoveryError:
                continue
    return places
