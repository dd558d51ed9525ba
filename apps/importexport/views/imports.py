"""Pages for imports and exports: they work by the public API, with a person's session."""

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.importexport.selectors.imports import import_of
from apps.importexport.services.repairing import MOST_CHARACTERS, MOST_ROWS
from kernel.errors import NotFoundError
from kernel.identity.authentication import authenticate
from kernel.identity.reasons import SessionRefusedError
from kernel.identity.recent_tenants import recent_tenants
from kernel.tenancy.context import Principal, acting_as


@require_safe
@login_required
def listed(request: HttpRequest) -> HttpResponse:
    """Show the imports of the tenant that the session works in."""
    return _page(request, _reader(request), "importexport/imports.html", {})


@require_safe
@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Let a file and the dataset that it goes into be chosen."""
    # The files service's uploader, where this process serves it; else files are chosen there.
    more = {"uploads": "files" in settings.SERVICES}
    return _page(request, _reader(request), "importexport/start.html", more)


@require_safe
@login_required
def templates(request: HttpRequest) -> HttpResponse:
    """Show the mappings that the tenant has kept."""
    return _page(request, _reader(request), "importexport/templates.html", {})


@require_safe
@login_required
def places(request: HttpRequest) -> HttpResponse:
    """Show the places outside that the tenant has named."""
    return _page(request, _reader(request), "importexport/places.html", {})


@require_safe
@login_required
def exports(request: HttpRequest) -> HttpResponse:
    """Show the exports of the tenant, and let more be asked for."""
    return _page(request, _reader(request), "importexport/exports.html", {})


@require_safe
@login_required
def wizard(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Show one import on its way, from its preview to its result."""
    principal = _reader(request)
    try:
        with acting_as(principal):
            job = import_of(str(import_id))
    except NotFoundError as error:
        raise Http404(str(error)) from None
    return _page(request, principal, "importexport/wizard.html", {"job": job})


def _reader(request: HttpRequest) -> Principal:
    try:
        principal = authenticate(request)
    except SessionRefusedError:
        principal = None
    if principal is None or not principal.may("importexport:read"):
        raise PermissionDenied("this needs importexport:read in a tenant")
    return principal


def _page(
    request: HttpRequest, principal: Principal, page: str, more: dict[str, Any]
) -> HttpResponse:
    # Loads what guesses encodings, which other pages do without.
    from apps.importexport.domain.formats.encodings import ENCODINGS  # noqa: PLC0415

    told = {
        "tenant": str(principal.tenant_id),
        "mayWrite": principal.may("importexport:write"),
        "mayUpload": principal.may("files:write"),
        "encodings": ENCODINGS,
        "mostRows": MOST_ROWS,
        "mostCharacters": MOST_CHARACTERS,
    }
    tenant = recent_tenants.by_id(principal.tenant_id)
    response = render(request, page, {"tenant": tenant, "told": json.dumps(told), **more})
    response["Cache-Control"] = "private, no-cache"
    return response
