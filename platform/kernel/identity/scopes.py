"""Scopes: what a credential may do, written `app:verb`, and the roles made of them."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.db import models

from kernel.services import CATALOGUE
from kernel.tenancy.context import ALL_SCOPES

#: See the members, service accounts and keys of a tenant.
TENANT_READ = "tenant:read"
#: Invite and remove members, and manage service accounts and everybody's keys.
TENANT_ADMIN = "tenant:admin"
#: Export and delete the tenant.
TENANT_OWN = "tenant:own"

_OF_SERVICES = frozenset(
    f"{service.name}:{verb}" for service in CATALOGUE for verb in service.verbs
)
#: Every scope there is, whichever services this process has.
KNOWN_SCOPES = _OF_SERVICES | {TENANT_READ, TENANT_ADMIN, TENANT_OWN}
#: What stands for several: `audit:*` for all of a service, `*:read` for one verb of all services.
_PATTERNS: dict[str, frozenset[str]] = {
    f"{app}:*": frozenset(s for s in KNOWN_SCOPES if s.startswith(f"{app}:"))
    for app in {scope.partition(":")[0] for scope in KNOWN_SCOPES}
} | {
    f"*:{verb}": frozenset(s for s in _OF_SERVICES if s.endswith(f":{verb}"))
    for verb in {scope.partition(":")[2] for scope in _OF_SERVICES}
}


class Role(models.TextChoices):
    """What a member is to a tenant."""

    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    EDITOR = "editor"
    VIEWER = "viewer"
    #: Nothing but the extra scopes of the membership.
    CUSTOM = "custom"


ROLES: Mapping[str, tuple[str, ...]] = {
    Role.OWNER: (ALL_SCOPES,),
    Role.ADMINISTRATOR: (
        *(f"{service.name}:*" for service in CATALOGUE),
        TENANT_READ,
        TENANT_ADMIN,
    ),
    Role.EDITOR: ("*:read", "*:write", "*:personal"),
    Role.VIEWER: ("*:read",),
    Role.CUSTOM: (),
}


def check_scopes(scopes: object) -> None:
    """Raise ValidationError unless this is a list of scopes that there are."""
    if not isinstance(scopes, list):
        raise ValidationError('scopes are a list such as ["audit:read"]')
    for scope in scopes:
        if not is_scope(scope):
            raise ValidationError(
                f"a scope reads `app:verb`, `app:*`, `*:verb` or `*`, and is one of"
                f" {', '.join(sorted(KNOWN_SCOPES))}; found {scope!r}"
            )


def is_scope(text: object) -> bool:
    """Say whether a text is a scope, or stands for several."""
    return text == ALL_SCOPES or text in KNOWN_SCOPES or text in _PATTERNS


def expanded(scopes: Iterable[str]) -> frozenset[str]:
    """Return scopes with each `app:*` and `*:verb` replaced by what it stands for.

    `*` stays: who may do everything may also do what a later version adds.
    """
    return frozenset().union(*(_PATTERNS.get(scope, (scope,)) for scope in scopes))


def covers(having: frozenset[str], asked: frozenset[str]) -> bool:
    """Say whether somebody with these expanded scopes may give those to another."""
    return ALL_SCOPES in having or asked <= having


def common(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """Return the expanded scopes that both have."""
    if ALL_SCOPES in one:
        return other
    return one if ALL_SCOPES in other else one & other
