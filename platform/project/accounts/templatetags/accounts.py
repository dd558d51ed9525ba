"""The menu beside a signed-in person's pages, and words for what a row holds."""

from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse

from kernel.identity import devices
from kernel.identity.models import ApiKey
from kernel.identity.scopes import TENANT_ADMIN, TENANT_READ
from project.accounts.pages import may
from project.accounts.tenants import membership_of

Entries = tuple[tuple[str, str], ...]
Links = list[tuple[str, str, bool]]

register = template.Library()

_TENANT: Entries = (("Overview", "tenant"), ("API keys", "keys"))
_OF_READERS: Entries = (("Members", "members"),)
_OF_ADMINISTRATORS: Entries = (("Who is signed in", "tenant-sessions"),)
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
        entries = _TENANT
        if may(membership, TENANT_READ):
            entries += _OF_READERS
        if may(membership, TENANT_ADMIN):
            entries += _OF_ADMINISTRATORS
        groups.insert(0, (membership.tenant.name, entries))
    return [(title, _links(entries, request.path)) for title, entries in groups]


@register.simple_tag
def mail_folder() -> str:
    """Return the folder in which mail ends, or nothing where it is really sent."""
    return settings.MAIL.folder


@register.filter
def state(key: ApiKey, now: datetime) -> str:
    """Say whether a key opens anything."""
    return key.state_at(now)


@register.filter
def device(user_agent: str) -> str:
    """Name a browser and its system."""
    return devices.device(user_agent)


def _links(entries: Entries, path: str) -> Links:
    return [(name, (url := reverse(target)), path == url) for name, target in entries]
