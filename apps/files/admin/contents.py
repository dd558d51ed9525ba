"""What staff see of files' contents: pictures in the list, a preview, and an uploader."""

import json
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.forms import Script
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.files.conf import content_origin
from apps.files.domain.tickets import SignedUrlPurpose
from apps.files.domain.verdicts import basic_only
from apps.files.models import SERVED, Derivative, DerivativeKind, DerivativeState, File
from apps.files.selectors.addresses import signed_url
from apps.files.views.library import media_policy, member, told
from kernel.admin import ModelAdmin, display
from kernel.headers import POLICY
from kernel.identity.recent_tenants import recent_tenants
from kernel.tenancy.context import acting_as, in_tenant


class WithContents(ModelAdmin):
    """An admin of files that shows what is in them.

    What staff add goes into the tenant that their session works in, as if they did it by the page
    of files; who is a member of none is offered no uploader.
    """

    list_before_template = "files/admin_uploader.html"

    class Media:
        css = {"all": ["files/parts.css", "files/admin.css"]}
        js = (Script("files/tus/tus.min.js"), Script("files/admin.js", type="module"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[File]:
        rows: QuerySet[File] = super().get_queryset(request)
        ready = Derivative.across_tenants.filter(
            blob=OuterRef("blob"), kind=DerivativeKind.THUMBNAIL, state=DerivativeState.READY
        )
        return rows.annotate(is_pictured=Exists(ready))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        context = dict(extra_context or {})
        principal = member(request) if request.method == "GET" else None
        if principal is not None and principal.may("files:write"):
            with acting_as(principal):
                context["files_told"] = told(principal)
            context["files_tenant"] = recent_tenants.by_id(principal.tenant_id)
        return super().changelist_view(request, context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = super().render_change_form(request, context, *args, **kwargs)
        response[POLICY] = media_policy()
        return response

    @display(description="picture")
    def picture(self, row: File) -> SafeString | str:
        """Return a small picture of it, once there is one."""
        if row.state not in SERVED or not row.is_pictured:  # type: ignore[attr-defined]  # annotated
            return "-"
        return format_html(
            '<img class="files-picture-small" src="{}/thumbnail/" alt="" loading="lazy" width="40"'
            ' height="40">',
            _path(_view(row)),
        )

    @display(description="preview")
    def preview(self, row: File) -> SafeString:
        """Return the place where the page's script shows it."""
        view = _view(row)
        known = {
            "file": {
                "name": row.name,
                "contentType": row.content_type,
                "sizeBytes": row.size_bytes,
                "state": row.state.upper(),
                "basicCheckOnly": basic_only(row.scanner),
            },
            "view": view,
            "read": _path(view),
            "pages": f"{_path(view)}/preview/",
        }
        return format_html(
            '<div class="files-part files-preview" data-preview="{}"></div>', json.dumps(known)
        )


def _view(row: File) -> str:
    """Return an address to view it, whichever tenant it is of; empty while it is not clean."""
    with in_tenant(row.tenant_id):
        return signed_url(row, purpose=SignedUrlPurpose.VIEW, seconds=None) or ""


def _path(url: str) -> str:
    """Return the same by our own name: a script reads from its own origin alone."""
    return url.removeprefix(content_origin())
