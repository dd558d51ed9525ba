"""A first tenant with somebody to sign in, a key to call with, and real data to look at."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.contrib.auth.models import User

from kernel.identity.models import Tenant
from kernel.identity.scopes import Role
from kernel.identity.services import admit, create_tenant, issue_key
from kernel.saved_filters.models import SavedFilter
from kernel.tenancy.context import ALL_SCOPES, in_tenant

TENANT = "demo"
ADMINISTRATOR = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSecrets:
    """What is told once, when the demo tenant is made, and can't be read afterwards."""

    username: str
    password: str
    api_key: str


def make_tenant() -> FirstSecrets | None:
    """Make the demo tenant, its administrator and its key; None when it is there already."""
    if Tenant.objects.filter(slug=TENANT).exists():
        return None
    tenant = create_tenant(slug=TENANT, name="Demo")
    password = secrets.token_urlsafe(12)
    administrator = User.objects.create_superuser(ADMINISTRATOR, password=password)
    admit(user=administrator, tenant=tenant, role=Role.OWNER)
    SavedFilter.objects.create(
        owner=administrator,
        model="events.redelivery",
        name="Dead letters",
        query="state=dead",
        shared=True,
    )
    _, api_key = issue_key(tenant=tenant, name="first key", scopes=[ALL_SCOPES])
    return FirstSecrets(username=ADMINISTRATOR, password=password, api_key=api_key)


def load_data(say: Callable[[str], None]) -> None:
    """Let each service of this process load its demo data; a second time changes nothing."""
    tenant = Tenant.objects.get(slug=TENANT)
    with in_tenant(tenant.pk):
        for service in settings.SERVICES:
            if find_spec(f"apps.{service}.demo"):
                say(f"{service}: {import_module(f'apps.{service}.demo').load()}")
