"""`/<service>/api/back-office/…`: a service's part of the back office, for other processes of ours.

They ask as a member of staff, by a token of their own; nobody else is answered.
"""

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from kernel.admin.concerns import waiting_for
from kernel.errors import ForbiddenError, MethodNotAllowedError
from kernel.events.here import transport
from kernel.events.selectors import group_states
from kernel.ratelimits.views import for_programs
from kernel.tenancy.context import PLATFORM, acting_as, current_principal
from project.admin.finding import MOST_CHARACTERS, found_here

_HEADERS = {"Cache-Control": "no-store", "Vary": "Authorization"}
Part = Callable[[str, HttpRequest], list[dict[str, Any]]]


def back_office_urls(service: str) -> list[URLPattern]:
    """Return the paths of a service's part."""
    parts: dict[str, Part] = {
        "menu": _menu,
        "waiting": _waiting,
        "found": _found,
        "groups": _groups,
    }
    return [
        path(f"{name}/", told, {"service": service, "part": part}) for name, part in parts.items()
    ]


@for_programs
def told(request: HttpRequest, *, service: str, part: Part) -> HttpResponse:
    """Tell a part as this member of staff may see it, and where this service is reached."""
    if request.method != "GET":
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    request.user = _staff()
    # Staff look at the rows of all tenants.
    with acting_as(None):
        body = {"origin": settings.PUBLIC_ORIGIN, "rows": part(service, request)}
    return HttpResponse(json.dumps(body), content_type="application/json", headers=_HEADERS)


def _staff() -> User:
    """Return who is acting; raises ForbiddenError for whoever is not let in here."""
    principal = current_principal()
    if (principal.kind, principal.tenant_id) != ("staff", PLATFORM):
        raise ForbiddenError("this is told to other services alone")
    user = User.objects.filter(pk=principal.id, is_active=True, is_staff=True).first()
    if user is None:
        raise ForbiddenError(f"{principal.name} is no member of staff here")
    return user


def _menu(service: str, request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "name": str(model["name"]),
            "object_name": str(model["object_name"]),
            "admin_url": model.get("admin_url"),
            "add_url": model.get("add_url"),
            "view_only": bool(model.get("view_only")),
        }
        for app in admin.site.get_app_list(request, service)
        for model in app["models"]
    ]


def _waiting(service: str, request: HttpRequest) -> list[dict[str, Any]]:
    return [{"duty": duty, **one._asdict()} for duty, one in waiting_for(request, service)]


def _groups(service: str, request: HttpRequest) -> list[dict[str, Any]]:
    if not request.user.has_perm("events.view_consumergroup"):
        return []
    states = group_states(transport())
    return [one.told() for one in states if one.group.startswith(f"{service}.")]


def _found(service: str, request: HttpRequest) -> list[dict[str, Any]]:
    text = request.GET.get("text", "")[:MOST_CHARACTERS]
    kinds = found_here(admin.site, request, text, service) if text else []
    return [one._asdict() | {"rows": [row._asdict() for row in one.rows]} for one in kinds]
