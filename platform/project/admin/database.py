"""The screen of the database: what is large, what is dead in it, and what takes long."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from project.inspection import MANY_ROWS, MOST_SHOWN, UNUSED_BYTES, report


def urls_of(site: Any) -> list[URLPattern]:
    """Return the address of the screen."""

    def view(request: HttpRequest) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        context = site.each_context(request) | {
            "title": "Database",
            "report": report(),
            "most": MOST_SHOWN,
            "many_rows": MANY_ROWS,
            "unused_bytes": UNUSED_BYTES,
        }
        return TemplateResponse(request, "kernel/admin/database.html", context)

    return [path("database/", site.admin_view(view), name="database")]
