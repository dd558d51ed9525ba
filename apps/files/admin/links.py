"""Share links for staff: who gave which file away, and whether that still holds."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.files.models import ShareLink
from apps.files.services.links import revoke_share_link
from kernel import clock
from kernel.admin import (
    ActionVariant,
    Errand,
    KeysetAdmin,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantFilter,
    action,
    badge,
    display,
    row_of,
)
from kernel.tenancy.context import in_tenant


@admin.register(ShareLink)
class ShareLinkAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first. Where a link is nobody can read."""

    list_display = ("name", "standing", "uses", "who", "created_at", "expires_at", "tenant")
    list_filter = (TenantFilter,)
    list_select_related = ("file",)
    search_fields = ("file__name", "note")
    ordering = ("-id",)
    fields = readonly_fields = (
        "name",
        "standing",
        "protected",
        "uses",
        "used_at",
        "note",
        "who",
        "tenant",
        "created_at",
        "expires_at",
        "revoked_at",
        "id",
    )
    actions_detail = ("revoke",)

    @display(description="file")
    def name(self, link: ShareLink) -> str:
        return link.file.name

    @display(description="state")
    def standing(self, link: ShareLink) -> SafeString:
        if link.revoked_at is not None:
            return badge("revoked", "danger")
        if link.expires_at <= clock.now():
            return badge("expired", "info")
        used_up = link.most_downloads is not None and link.downloads >= link.most_downloads
        return badge("used up", "info") if used_up else badge("good", "success")

    @display(description="asks for a password", boolean=True)
    def protected(self, link: ShareLink) -> bool:
        return link.protected

    @display(description="downloads")
    def uses(self, link: ShareLink) -> str:
        most = "any number" if link.most_downloads is None else f"{link.most_downloads:,}"
        return f"{link.downloads:,} of {most}"

    @display(description="by", ordering="author_name")
    def who(self, link: ShareLink) -> str:
        return link.author_name or link.author_id

    @action(
        description="Revoke",
        url_path="revoke",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let it give out nothing any more."""
        link: ShareLink = row_of(self, request, object_id)

        def act(_given: dict[str, Any]) -> str:
            with in_tenant(link.tenant_id):
                revoke_share_link(id=str(link.pk))
            return f"The link to {link.file.name!r} gives out nothing any more."

        return Errand(
            asks=lambda _: f"Revoke the link to {link.file.name!r}?",
            causes=lambda _: [
                "Whoever has it gets nothing any more, from now on and for ever.",
                "Downloads that have begun may go on for minutes; what was downloaded they keep.",
                "It is on record under your name.",
            ],
            act=act,
            back=reverse("admin:files_sharelink_change", args=[link.pk]),
            yes="Yes, revoke it",
        ).run(self, request)
