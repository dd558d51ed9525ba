"""The pages on which a tenant's documents and templates are made and kept.

They work by the public API.
"""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.documents.access import SIGN
from apps.documents.selectors.templates import found_template
from kernel.errors import NotFoundError
from kernel.identity.authentication import authenticate
from kernel.identity.reasons import SessionRefusedError
from kernel.identity.recent_tenants import recent_tenants
from kernel.tenancy.context import Principal, acting_as


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """A page that is a list, by the name of its path; a script fills it."""

    name: str
    heading: str
    script: str
    says: str = ""
    searched: bool = False


MADE = List(
    name="documents-made",
    heading="Documents",
    script="documents/made.js",
    says="what was made, and what it is made of",
)
TEMPLATES = List(
    name="documents-templates",
    heading="Templates",
    script="documents/templates.js",
    searched=True,
)
THEMES = List(
    name="documents-themes",
    heading="Themes",
    script="documents/themes.js",
    says="colours, type and a logo that templates share",
)
PARTIALS = List(
    name="documents-partials",
    heading="Partials",
    script="documents/partials.js",
    says="blocks that templates include",
)
BATCHES = List(
    name="documents-batches",
    heading="Batches",
    script="documents/batches.js",
    says="a document of each of many items, had as one file",
)
#: As the pages lead to each other.
LISTS = (MADE, BATCHES, TEMPLATES, THEMES, PARTIALS)


@require_safe
@login_required
def listed(request: HttpRequest, shown: List) -> HttpResponse:
    """Show one of the lists, of the tenant that the session works in."""
    more = {"shown": shown, "pages": LISTS}
    return _page(request, _reader(request), "documents/list.html", more)


@require_safe
@login_required
def editor(request: HttpRequest, template_id: UUID) -> HttpResponse:
    """Show one template to be written and tried."""
    principal = _reader(request)
    try:
        with acting_as(principal):
            template = found_template(str(template_id))
    except NotFoundError as error:
        raise Http404(str(error)) from None
    return _page(request, principal, "documents/editor.html", {"template": template})


def _reader(request: HttpRequest) -> Principal:
    try:
        principal = authenticate(request)
    except SessionRefusedError:
        principal = None
    if principal is None or not principal.may("documents:read"):
        raise PermissionDenied("this needs documents:read in a tenant")
    return principal


def _page(
    request: HttpRequest, principal: Principal, page: str, more: dict[str, Any]
) -> HttpResponse:
    may = {"mayWrite": principal.may("documents:write"), "maySign": principal.may(SIGN)}
    tenant = recent_tenants.by_id(principal.tenant_id)
    response = render(request, page, {"tenant": tenant, "told": json.dumps(may), **more})
    response["Cache-Control"] = "private, no-cache"
    return response
