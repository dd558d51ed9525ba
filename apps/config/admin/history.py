"""Versions of a flag in an environment: who published what, why, and what it changed."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from apps.config.admin.badges import editor_of
from apps.config.admin.differences import side_by_side
from apps.config.admin.editor import flag_there
from apps.config.models import Environment, FeatureFlag, FlagVersion
from apps.config.selectors.versions import version_of
from kernel.admin import acting_staff
from kernel.errors import NotFoundError

#: Versions of a page, the newest first.
PAGE = 50


def urls_of(page: Any) -> list[URLPattern]:
    """Return the address of the history."""

    def view(request: HttpRequest, flag_id: UUID, environment: str) -> HttpResponse:
        if not page.has_view_permission(request):
            raise PermissionDenied
        return _history(page, request, *flag_there(page, request, flag_id, environment))

    return [
        path(
            "<uuid:flag_id>/in/<str:environment>/history/",
            page.admin_site.admin_view(view),
            name="config_featureflag_history",
        )
    ]


def _history(
    page: Any, request: HttpRequest, flag: FeatureFlag, environment: Environment
) -> HttpResponse:
    before = _number(request, "before")
    with acting_staff(request, flag.tenant_id):
        versions = FlagVersion.objects.filter(flag_id=flag.pk, environment_id=environment.pk)
        versions = versions.order_by("-number").defer("definition")
        if before is not None:
            versions = versions.filter(number__lt=before)
        rows = list(versions[: PAGE + 1])
        shown = _number(request, "version") or (rows[0].number if rows else 0)
        against = _number(request, "against")
        against = shown - 1 if against is None else against
        compared = _compared(flag, environment, against, shown) if shown else ""
    context = page.admin_site.each_context(request) | {
        "title": f"History of {flag.key} in {environment.name}",
        "opts": page.opts,
        "media": page.media,
        "flag": flag,
        "environment": environment,
        "editor": editor_of(flag.pk, environment.key),
        "may_change": page.has_operate_permission(request),
        "rows": [
            (one, editor_of(flag.pk, environment.key, "roll_back", one.number))
            for one in rows[:PAGE]
        ],
        "older": rows[PAGE - 1].number if len(rows) > PAGE else None,
        "is_first": before is None,
        "shown": shown,
        "against": against,
        "compared": compared,
    }
    return TemplateResponse(request, "config/history.html", context)


def _compared(flag: FeatureFlag, environment: Environment, against: int, shown: int) -> str:
    try:
        old, new = (
            version_of(flag, environment.pk, number).definition if number else ""
            for number in (against, shown)
        )
    except NotFoundError as error:
        raise Http404(str(error)) from None
    return side_by_side(old, new)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
