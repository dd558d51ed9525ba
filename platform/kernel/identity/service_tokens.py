"""Credentials between services: for one request at one service, with whom it is for signed inside.

The caller signs by a key of its own and publishes the public half; whoever is called fetches that
from the caller's address in SERVICE_URLS, and trusts nobody else.
"""

import hashlib
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

import jwt
from django.conf import settings

from kernel.discovery.addresses import DiscoveryError
from kernel.discovery.connections import asked
from kernel.discovery.directory import base_urls
from kernel.identity.jwks import (
    FETCH_LIMITS,
    FetchedKeys,
    KeySource,
    KeysUnavailableError,
    fetch_jwks,
)
from kernel.identity.models import TenantState
from kernel.identity.reasons import Reason
from kernel.identity.recent_tenants import recent_tenants
from kernel.identity.remembered import Remembered
from kernel.identity.service_keys import ALGORITHM, keyring
from kernel.identity.tokens import Token, read_token, shown, verify
from kernel.tenancy.context import PLATFORM, Kind, Principal

LIFETIME_SECONDS = 60
#: How far the clocks of two of our own machines may be apart.
LEEWAY_SECONDS = 10
#: Where a process publishes its keys.
JWKS_PATH = "/.well-known/jwks.json"
#: Of so many tokens it is known that they were used; more than come in a minute.
MOST_REMEMBERED = 50_000
#: Of a service's processes so many are asked for its keys.
_MOST_ASKED = 3

_used: Remembered[bool] = Remembered(MOST_REMEMBERED)


@dataclass(frozen=True, slots=True)
class Request:
    """What a token is bound to: these very bytes to this very place."""

    method: str
    path: str
    body: bytes

    def claims(self) -> dict[str, str]:
        """Return it as claims."""
        return {
            "method": self.method,
            "path": self.path,
            "body_sha256": hashlib.sha256(self.body).hexdigest(),
        }


def issue_token(audience: str, principal: Principal, request: Request) -> str:
    """Return a credential that lets this process act for a principal, once, at one service."""
    key = keyring().signing()
    now = int(time.time())
    claims = {
        "iss": own_name(),
        "aud": audience,
        "sub": principal.id,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "jti": uuid.uuid4().hex,
        **request.claims(),
        "principal": {
            "kind": principal.kind,
            "name": principal.name,
            "tenant": str(principal.tenant_id),
            "scopes": sorted(principal.scopes),
        },
    }
    return jwt.encode(claims, key.private, ALGORITHM, headers={"kid": key.kid})


def verify_service_token(text: str, request: Request) -> Principal:
    """Return whom a service acts for with this request; raises CredentialRefusedError."""
    token = read_token(text)
    issuer = str(token.claims.get("iss"))
    keys = callers().get(issuer)
    if keys is None:
        raise token.refused(Reason.ISSUER_UNKNOWN, "it is no service in SERVICE_URLS")
    _, claims = verify(
        token,
        keys=keys,
        issuer=issuer,
        audience=settings.SERVICES,
        leeway_seconds=LEEWAY_SECONDS,
    )
    for name, value in request.claims().items():
        if claims.get(name) != value:
            raise token.refused(Reason.OTHER_REQUEST, f"the {name} is another")
    principal = _principal(token, claims)
    _refuse_inactive(token, principal)
    _use_up(token, claims)
    return principal


def own_name() -> str:
    """Return by which name this process signs: that of its first service."""
    return str(settings.SERVICES[0])


def own_principal(tenant_id: uuid.UUID, *scopes: str) -> Principal:
    """Return this process itself, in a tenant, as it asks other services."""
    name = own_name()
    return Principal(
        kind="service", id=name, name=name, tenant_id=tenant_id, scopes=frozenset(scopes)
    )


@cache
def callers() -> Mapping[str, KeySource]:
    """Return whose questions are answered here, and where their keys are."""
    return {
        name: keyring()
        if name in settings.SERVICES
        else FetchedKeys(name, [ALGORITHM], fetch_with=_published)
        for name in settings.SERVICE_URLS
    }


def _published(service: str) -> bytes:
    """Return the keys of a service by the first of its processes that tells them.

    Raises KeysUnavailableError.
    """
    try:
        urls = base_urls(service)
    except DiscoveryError as error:
        raise KeysUnavailableError(str(error)) from None
    failures = []
    for url in urls[:_MOST_ASKED]:
        try:
            return _fetched(url + JWKS_PATH)
        except KeysUnavailableError as error:
            failures.append(error)
    raise failures[0]


def _fetched(url: str) -> bytes:
    if not (settings.MESH_CA_FILE and url.startswith("https:")):
        return fetch_jwks(url)
    # Where processes know each other by certificates, ours is shown to get the keys, too.
    try:
        status, body = asked(url, seconds=FETCH_LIMITS.total.total_seconds())
    except OSError as error:
        raise KeysUnavailableError(str(error)) from None
    if status != 200:
        raise KeysUnavailableError(f"status {status}")
    return body


def _principal(token: Token, claims: dict[str, Any]) -> Principal:
    told: Any = claims.get("principal")
    try:
        if told["kind"] not in get_args(Kind):
            raise ValueError(f"kind {shown(told['kind'])}")
        return Principal(
            kind=told["kind"],
            id=claims["sub"],
            name=str(told["name"]),
            tenant_id=uuid.UUID(told["tenant"]),
            scopes=frozenset(map(str, told["scopes"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise token.refused(Reason.CLAIMS, f"principal: {shown(error)}") from None


def _refuse_inactive(token: Token, principal: Principal) -> None:
    if principal.tenant_id == PLATFORM and principal.kind in ("service", "staff"):
        # A service on its own behalf, or the platform's staff: no tenant's rows are of them.
        return
    tenant = recent_tenants.by_id(principal.tenant_id)
    if tenant is None:
        raise token.refused(Reason.TENANT_UNKNOWN, f"tenant {principal.tenant_id}")
    if tenant.state != TenantState.ACTIVE:
        raise token.refused(Reason.TENANT_SUSPENDED, f"tenant {tenant.slug} is {tenant.state}")


def _use_up(token: Token, claims: dict[str, Any]) -> None:
    """Raise unless this is the token's first use, and it lives no longer than it may."""
    issued, expires, jti = claims.get("iat"), claims["exp"], claims.get("jti")
    if not isinstance(issued, int) or not isinstance(jti, str) or not jti:
        raise token.refused(Reason.CLAIMS, "iat and jti are there")
    if expires - issued > LIFETIME_SECONDS:
        raise token.refused(Reason.CLAIMS, f"it lives {LIFETIME_SECONDS} s at most")
    key = f"{claims['iss']} {jti}".encode()
    if not _used.add(key, True, until=expires + LEEWAY_SECONDS):
        raise token.refused(Reason.USED_BEFORE, f"jti {shown(jti)}")
