"""The pages on which a tenant's templates are written: they work by the public API."""

import json
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.documents.selectors.templates import found_template
from kernel.errors import NotFoundError
from kernel.identity.authentication import authenticate
from kernel.identity.reasons import SessionRefusedError
from kernel.identity.recent_tenants import recent_tenants
from kernel.tenancy.context import Principal, acting_as


@require_safe
@login_required
def listed(request: HttpRequest) -> HttpResponse:
    """Show the templates of the tenant that the session works in."""
    return _page(request, _reader(request), "documents/templates.html", {})


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
    told = json.dumps({"mayWrite": principal.may("documents:write")})
    tenant = recent_tenants.by_id(principal.tenant_id)
    response = render(request, page, {"tenant": tenant, "told": told, **more})
    response["Cache-Control"] = "private, no-cache"
    return response
