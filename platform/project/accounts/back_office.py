"""The way into the back office: the portal's sign-in, and a second factor where one is required."""

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse

from kernel.admin import AdminSite
from kernel.admin.concerns import Duty, Waiting, desks_of, waiting_for
from kernel.services import BY_NAME
from project.accounts.origins import signed_in_elsewhere

if TYPE_CHECKING:
    from project.admin.elsewhere import Told

SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]

#: Screens that are of no model, and what shows them; nobody has a permission that there is not but
#: those who may do everything.
SCREENS = {
    "Activity": "activity.view_activityhour",
    "Inspector": "traced.view_tracedline",
    "Topology": "discovery.view_instance",
    "Caches": "platform.all",
    "Backups": "platform.all",
    "Database": "platform.all",
    "Profile": "platform.all",
}


class BackOffice(AdminSite):
    """The admin site; who may not enter is told what is missing."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Say whether this is active staff with what they need to prove who they are."""
        return super().has_permission(request) and not lacks_second_factor(request)

    def get_urls(self) -> list[URLPattern]:
        """Return its addresses, with those of screens that are of no model."""
        from project.admin import (  # noqa: PLC0415  models are not loaded yet
            activity,
            backups,
            caches,
            database,
            finding,
            inspector,
            not_here,
            profiling,
            topology,
        )

        urls: list[URLPattern] = super().get_urls()
        screens = (
            activity,
            caches,
            backups,
            database,
            finding,
            inspector,
            not_here,
            profiling,
            topology,
        )
        return [*chain.from_iterable(one.urls_of(self) for one in screens), *urls]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Return what there is, under what waits for somebody."""
        from project.admin import elsewhere  # noqa: PLC0415  as above

        others = elsewhere.begin(request, "waiting")
        duties = {duty.value: duty for duty in Duty}
        counted, problems = waiting_for(request), list[str]()
        for other in others():
            counted += [
                (duties[told["duty"]], elsewhere.read(Waiting, told))
                for told in other.rows
                if told["duty"] in duties
            ]
            problems += [other.problem] if other.problem else []
        context = {"desks": desks_of(counted), "problems": problems}
        return super().index(request, context | (extra_context or {}))

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """Return what is listed, of all services, with the screens that are of no model."""
        from project.admin import elsewhere  # noqa: PLC0415  as above

        listed: list[dict[str, Any]] = super().get_app_list(request, app_label)
        if app_label is None:
            if elsewhere.services_elsewhere() and self.has_permission(request):
                listed += filter(None, map(_section, elsewhere.menus(request)))
                listed.sort(key=lambda app: str(app["name"]).lower())
            screens = [name for name, may in SCREENS.items() if request.user.has_perm(may)]
            listed += [_platform(screens)] if screens else []
        return listed

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Answer the command palette."""
        from project.admin.finding import suggestions  # noqa: PLC0415  as above

        return suggestions(self, request)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the one sign-in there is, or to what is missing beside it."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next", "/admin/"))
        if not request.user.is_staff:
            raise PermissionDenied("the back office is for staff")
        if lacks_second_factor(request):
            messages.warning(request, "Staff need a second factor: set one up to go on.")
            return redirect("mfa_index")
        return redirect("admin:index")

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the one page where people change their own password."""
        return redirect("account_change_password")


def lacks_second_factor(request: HttpRequest) -> bool:
    """Say whether a person still has to set up a second factor, as the settings demand of staff.

    One who came by the organisation's own identity provider has proven there what it asks for.
    """
    return (
        settings.STAFF_SECOND_FACTOR
        and not signed_in_elsewhere(request)
        and not is_mfa_enabled(request.user, SECOND_FACTORS)
    )


def _section(told: "Told") -> dict[str, Any] | None:
    """Return a service of another process as Django tells apps; nothing of what nobody may see."""
    if not (told.rows or told.problem):
        return None
    away = {"name": told.problem, "object_name": "Away", "admin_url": None, "view_only": True}
    return {
        "name": BY_NAME[told.service].title,
        "app_label": told.service,
        "app_url": f"{told.origin}{reverse('admin:index')}{told.service}/",
        "has_module_perms": True,
        "models": [{**one, "perms": {}} for one in told.rows or [away]],
    }


def _platform(screens: Sequence[str]) -> dict[str, Any]:
    addresses = [(name, reverse(f"admin:{name.lower()}")) for name in screens]
    return {
        "name": "Platform",
        "app_label": "platform",
        "app_url": addresses[0][1],
        "has_module_perms": True,
        "models": [
            {"name": name, "object_name": name, "admin_url": url, "view_only": True, "perms": {}}
            for name, url in addresses
        ],
    }
