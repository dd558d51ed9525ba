"""Tokens that people bring from an issuer that is trusted: JWT as bearer."""

import hashlib
from dataclasses import dataclass
from typing import Any

from kernel.identity.issuers import Issuer, known_issuers
from kernel.identity.jwks import SigningKey
from kernel.identity.models import Tenant, TenantState
from kernel.identity.reasons import Reason
from kernel.identity.recent_tenants import recent_tenants
from kernel.identity.remembered import Remembered
from kernel.identity.scopes import expanded, is_scope
from kernel.identity.tokens import Token, read_token, shown, verify
from kernel.tenancy.context import Principal

#: How far the clocks of an issuer and of ours may be apart.
LEEWAY_SECONDS = 30
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class _Verified:
    """A token that was verified, and the key that has to be published for it to stay so."""

    token: Token
    principal: Principal
    issuer: Issuer
    key: SigningKey


_verified: Remembered[_Verified] = Remembered(MOST_REMEMBERED)


def verify_user_token(text: str) -> Principal:
    """Return whom the token speaks for, in an active tenant; raises CredentialRefusedError.

    A token is verified once, and then remembered by its digest until it expires or its key is no
    longer published. Its tenant is looked at each time.
    """
    digest = hashlib.sha256(text.encode()).digest()
    known = _verified.get(digest)
    if known is not None and known.issuer.keys.holds(known.key):
        tenant = recent_tenants.by_id(known.principal.tenant_id)
        _refuse_inactive(known.token, tenant)
        return known.principal
    token = read_token(text)
    issuer = known_issuers().get(str(token.claims.get("iss")))
    if issuer is None:
        raise token.refused(Reason.ISSUER_UNKNOWN, "")
    _refuse_other_type(token, issuer)
    key, claims = verify(
        token,
        keys=issuer.keys,
        issuer=issuer.iss,
        audience=issuer.audience,
        leeway_seconds=LEEWAY_SECONDS,
    )
    principal = _principal(token, issuer, claims)
    found = _Verified(token, principal, issuer, key)
    _verified.put(digest, found, until=float(claims["exp"]) + LEEWAY_SECONDS)
    return principal


def _refuse_other_type(token: Token, issuer: Issuer) -> None:
    # RFC 8725, section 3.11: an ID token is no access token.
    typ = str(token.header.get("typ", "")).lower().removeprefix("application/")
    if issuer.typ and typ != issuer.typ.lower():
        found = shown(token.header.get("typ"))
        raise token.refused(Reason.CLAIMS, f"typ is {issuer.typ}, found {found}")


def _principal(token: Token, issuer: Issuer, claims: dict[str, Any]) -> Principal:
    subject = str(claims["sub"])
    return Principal(
        kind="user",
        id=f"{issuer.subject_prefix}{subject}",
        name=str(claims.get(issuer.name_claim) or subject),
        tenant_id=_tenant(token, issuer, claims.get(issuer.tenant_claim)).pk,
        scopes=_scopes(token, issuer, claims.get(issuer.scope_claim, "")),
    )


def _tenant(token: Token, issuer: Issuer, named: Any) -> Tenant:
    if not isinstance(named, str) or not named:
        detail = f"the claim {issuer.tenant_claim} names the tenant, found {shown(named)}"
        raise token.refused(Reason.CLAIMS, detail)
    find = recent_tenants.by_id if issuer.tenant_by == "id" else recent_tenants.by_slug
    tenant = find(named)
    if tenant is None:
        raise token.refused(Reason.TENANT_UNKNOWN, f"{issuer.tenant_by} {shown(named)}")
    if issuer.tenants and tenant.slug not in issuer.tenants:
        raise token.refused(Reason.TENANT_NOT_ALLOWED, f"tenant {tenant.slug}")
    _refuse_inactive(token, tenant)
    return tenant


def _refuse_inactive(token: Token, tenant: Tenant | None) -> None:
    if tenant is None:
        raise token.refused(Reason.TENANT_UNKNOWN, "it was deleted")
    if tenant.state != TenantState.ACTIVE:
        raise token.refused(Reason.TENANT_SUSPENDED, f"tenant {tenant.slug} is {tenant.state}")


def _scopes(token: Token, issuer: Issuer, told: Any) -> frozenset[str]:
    listed = told.split() if isinstance(told, str) else told
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        detail = f"the claim {issuer.scope_claim} is a text or a list, found {shown(told)}"
        raise token.refused(Reason.CLAIMS, detail)
    prefix = issuer.scope_prefix
    ours = [one.removeprefix(prefix) for one in listed if one.startswith(prefix)]
    # An issuer has scopes for others, too, such as `openid`.
    return expanded(filter(is_scope, ours))


def forget_all() -> None:
    """Verify every token anew."""
    _verified.clear()
