"""Credentials between services: short-lived, for one audience, signed with the shared key."""

import uuid
from datetime import timedelta

from django.core import signing

from kernel.errors import UnauthenticatedError
from kernel.tenancy.context import Principal

LIFETIME = timedelta(seconds=60)
_SALT = "kernel.mesh"


def issue_token(audience: str, principal: Principal) -> str:
    """Return a credential that lets a service act for this principal at one other service."""
    return signing.dumps(
        {
            "audience": audience,
            "kind": principal.kind,
            "id": principal.id,
            "name": principal.name,
            "tenant": str(principal.tenant_id),
            "scopes": sorted(principal.scopes),
        },
        salt=_SALT,
    )


def verify_token(audiences: tuple[str, ...], token: str) -> Principal:
    """Return whom the token speaks for; raises UnauthenticatedError for any other token."""
    try:
        told = signing.loads(token, salt=_SALT, max_age=LIFETIME)
    except signing.BadSignature:
        raise UnauthenticatedError("the service token is not valid, or no longer") from None
    if told["audience"] not in audiences:
        raise UnauthenticatedError("the service token is for another service")
    return Principal(
        kind=told["kind"],
        id=told["id"],
        name=told["name"],
        tenant_id=uuid.UUID(told["tenant"]),
        scopes=frozenset(told["scopes"]),
    )
