"""The menu beside a signed-in person's pages, and words for what a row holds."""

from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse

from kernel.identity import devices
from project.accounts.tenants import membership_of

Entries = tuple[tuple[str, str], ...]
Links = list[tuple[str, str, bool]]

register = template.Library()

_TENANT: Entries = (("Overview", "tenant"),)
_ACCOUNT: Entries = (
    ("Second factor", "mfa_index"),
    ("Password", "account_change_password"),
    ("Sessions", "own-sessions"),
)


@register.simple_tag(takes_context=True)
def menu(context: dict[str, Any]) -> list[tuple[str, Links]]:
    """Return the groups of the menu: their titles, and links with whether each is where one is."""
    request = context["request"]
    membership = membership_of(request)
    groups = [("You", _ACCOUNT)]
    if membership is not None:
        groups.insert(0, (membership.tenant.name, _TENANT))
    return [(title, _links(entries, request.path)) for title, entries in groups]


@register.simple_tag
def mail_folder() -> str:
    """Return the folder in which mail ends, or nothing where it is really sent."""
    return settings.MAIL.folder or ""


@register.filter
def device(user_agent: str) -> str:
    """Name a browser and its system."""
    return devices.device(user_agent)


def _links(entries: Entries, path: str) -> Links:
    return [(name, (url := reverse(target)), path == url) for name, target in entries]
