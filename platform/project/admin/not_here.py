"""What is answered at the addresses of services that other processes serve.

The edge leads here who asks for one that does not answer: so menu and words are the usual ones.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, re_path
from django.views.decorators.csrf import csrf_exempt

from kernel.services import BY_NAME
from project.admin.elsewhere import forget, services_elsewhere

RETRY_SECONDS = 5


def urls_of(site: Any) -> list[URLPattern]:
    """Return the addresses of all pages of services that are not of this process."""

    # Nothing is done here, whatever was sent.
    @csrf_exempt
    def view(request: HttpRequest, service: str) -> HttpResponse:
        # Where it answers again, the menu has its lists.
        forget(request, service)
        context = site.each_context(request) | {
            "title": BY_NAME[service].title,
            "sent": request.method not in ("GET", "HEAD"),
        }
        return TemplateResponse(
            request,
            "kernel/admin/not_here.html",
            context,
            status=503,
            headers={"Retry-After": str(RETRY_SECONDS)},
        )

    return [
        re_path(rf"^{name}/", site.admin_view(view), {"service": name}, name=f"{name}_not_here")
        for name in services_elsewhere()
    ]
