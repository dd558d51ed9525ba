"""Every kind of credential that a request may come with, good and bad, and what becomes of it."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import jwt
from django.contrib.auth.models import User
from django.test import Client
from jwt.utils import base64url_encode

from kernel import clock
from kernel.identity.keys import KeyText
from kernel.identity.models import Tenant
from kernel.identity.scopes import KNOWN_SCOPES, Role
from kernel.identity.service_keys import ALGORITHM, keyring
from kernel.identity.service_tokens import Request, issue_token
from kernel.identity.services import admit, create_service_account, issue_key, revoke_key
from kernel.ids import new_id
from kernel.services import BY_NAME
from kernel.tenancy.context import Principal
from kernel.testing.graphql import Result, http_client
from kernel.testing.tenants import make_key, make_tenant
from tests.access.operations import Operation
from tests.kernel.identity.issuing import Signer

#: The issuer that these tests trust, and two that they do not.
ISSUER, STRANGER, OTHER_KIND = Signer(), Signer(), Signer("ES256")
CSRF_TOKEN = "a" * 32


@dataclass(frozen=True, slots=True)
class Case:
    """An operation on a row of a tenant."""

    operation: Operation
    owner: Tenant
    row_id: str

    @property
    def path(self) -> str:
        return f"/{self.operation.service}/graphql"

    @property
    def body(self) -> bytes:
        told = {
            "query": self.operation.text(self.row_id),
            "variables": self.operation.variables,
        }
        return json.dumps(told).encode()

    @property
    def scope(self) -> str:
        return self.operation.scope

    def key(self, *scopes: str) -> str:
        return make_key(self.owner, *scopes).secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request: its headers, and its body where that is another than the operation's."""

    headers: dict[str, str]
    body: bytes | None = None
    client: Client | None = None

    def send(self, case: Case) -> Result:
        """Post it and return the answer."""
        response = (self.client or http_client()).post(
            case.path,
            case.body if self.body is None else self.body,
            content_type="application/json",
            headers=self.headers,
            # Nobody is kept waiting for the failures of another case.
            REMOTE_ADDR=f"10.{new_id().int % 250}.{new_id().int % 249}.{new_id().int % 247}",
        )
        return Result(response.status_code, response.json())


Credential = Callable[[Case], Sent]


def bearer(text: str) -> Sent:
    return Sent(headers={"Authorization": f"Bearer {text}"} if text else {})


# --- Keys ---------------------------------------------------------------------------------------


def key_with(**columns: Any) -> Credential:
    """Return a key that was good, until these columns of it changed."""

    def changed(case: Case) -> Sent:
        credential = make_key(case.owner, case.scope)
        for name, value in columns.items():
            setattr(credential.key, name, value)
        credential.key.save()
        return bearer(credential.secret)

    return changed


def damaged_key(case: Case) -> Sent:
    secret = case.key(case.scope)
    return bearer(secret[:-1] + ("0" if secret[-1] != "0" else "1"))


def unknown_key(case: Case) -> Sent:
    return bearer(str(KeyText.new("test", make_key(case.owner, case.scope).key.pk)))


def revoked_key(case: Case) -> Sent:
    credential = make_key(case.owner, case.scope)
    revoke_key(key_id=credential.key.pk)
    return bearer(credential.secret)


def key_of_disabled_account(case: Case) -> Sent:
    account = create_service_account(tenant=case.owner, name=str(new_id()), scopes=[case.scope])
    _, secret = issue_key(tenant=case.owner, name="x", scopes=[case.scope], service_account=account)
    type(account).objects.filter(pk=account.pk).update(disabled_at=clock.now())
    return bearer(secret)


def key_of_the_other_verb(case: Case) -> Sent:
    app, _, verb = case.scope.partition(":")
    return bearer(case.key(f"{app}:{'write' if verb == 'read' else 'read'}", "tenant:read"))


def key_of_other_services(case: Case) -> Sent:
    app, _, verb = case.scope.partition(":")
    others = KNOWN_SCOPES & {f"{other}:{verb}" for other in BY_NAME if other != app}
    return bearer(case.key(*(others or {f"{app}:read"})))


# --- Tokens of an issuer ------------------------------------------------------------------------


def token(signer: Signer = ISSUER, **changes: Any) -> Credential:
    """Return a good token with these claims changed."""

    def made(case: Case) -> Sent:
        claims = {"tenant": case.owner.slug, "scope": case.scope} | changes
        return bearer(signer.token(**claims))

    return made


def unsigned_token(case: Case) -> Sent:
    claims = jwt.decode(
        ISSUER.token(tenant=case.owner.slug, scope="*"), options={"verify_signature": False}
    )
    return bearer(jwt.encode(claims, "", "none", headers={"kid": ISSUER.kid}))


def token_signed_by_the_public_key(case: Case) -> Sent:
    """Return a token whose MAC anybody can make who takes the published key for a secret."""
    good = ISSUER.token(tenant=case.owner.slug, scope="*").split(".")
    header = {"alg": "HS256", "kid": ISSUER.kid}
    signed = f"{base64url_encode(json.dumps(header).encode()).decode()}.{good[1]}"
    mac = hmac.digest(json.dumps(ISSUER.jwk()).encode(), signed.encode(), hashlib.sha256)
    return bearer(f"{signed}.{base64url_encode(mac).decode()}")


# --- Tokens of services -------------------------------------------------------------------------


def principal_in(tenant: Tenant, *scopes: str) -> Principal:
    """Return a person for whom a service asks."""
    return Principal(
        kind="user", id="u-1", name="Ada", tenant_id=tenant.pk, scopes=frozenset(scopes)
    )


def service_token(
    *, audience: str = "", path: str = "", scopes: tuple[str, ...] | None = None, extra: bytes = b""
) -> Credential:
    """Return a service's token, good but for what is said."""

    def made(case: Case) -> Sent:
        principal = principal_in(case.owner, *((case.scope,) if scopes is None else scopes))
        signed = Request("POST", path or case.path, case.body)
        text = issue_token(audience or case.operation.service, principal, signed)
        return Sent(headers={"Authorization": f"Service {text}"}, body=case.body + extra)

    return made


def service_token_with(**changes: Any) -> Credential:
    """Return a service's token with these claims changed before it was signed."""

    def made(case: Case) -> Sent:
        signed = Request("POST", case.path, case.body)
        good = issue_token(case.operation.service, principal_in(case.owner, case.scope), signed)
        claims = jwt.decode(good, options={"verify_signature": False}) | changes
        key = keyring().signing()
        text = jwt.encode(claims, key.private, ALGORITHM, headers={"kid": key.kid})
        return Sent(headers={"Authorization": f"Service {text}"})

    return made


def service_token_of_another_user(case: Case) -> Sent:
    """Return the signature of one token over the context of another."""
    signed = Request("POST", case.path, case.body)
    mine, other = (
        issue_token(case.operation.service, principal_in(case.owner, scope), signed).split(".")
        for scope in ("tenant:read", case.scope)
    )
    return Sent(headers={"Authorization": f"Service {mine[0]}.{other[1]}.{mine[2]}"})


def service_token_by_a_stranger(case: Case) -> Sent:
    signed = Request("POST", case.path, case.body)
    good = issue_token(case.operation.service, principal_in(case.owner, case.scope), signed)
    claims = jwt.decode(good, options={"verify_signature": False})
    text = jwt.encode(claims, STRANGER.private, ALGORITHM, headers={"kid": keyring().signing().kid})
    return Sent(headers={"Authorization": f"Service {text}"})


# --- People who are signed in, and what is no credential ----------------------------------------


def session(
    *scopes: str, csrf: bool = True, member: bool = True, role: str = Role.CUSTOM
) -> Credential:
    """Return somebody who is signed in, with these scopes, or the one that is needed."""

    def made(case: Case) -> Sent:
        user = User.objects.create_user(f"staff-{new_id()}", is_staff=True)
        if member:
            admit(user=user, tenant=case.owner, role=role, extra_scopes=scopes or (case.scope,))
        browser = http_client()
        browser.force_login(user)
        browser.cookies["csrftoken"] = CSRF_TOKEN
        return Sent(client=browser, headers={"X-CSRFToken": CSRF_TOKEN} if csrf else {})

    return made


def member_of_another_tenant(case: Case) -> Sent:
    return session()(replace(case, owner=make_tenant()))


def gateway_headers(case: Case) -> Sent:
    return Sent(
        headers={
            "X-Tenant": str(case.owner.pk),
            "X-Tenant-Id": str(case.owner.pk),
            "X-User": "admin",
            "X-User-Id": "1",
            "X-Scopes": "*",
            "X-Forwarded-User": "admin",
            "X-Forwarded-For": "127.0.0.1",
            "X-Forwarded-Proto": "https",
            "Remote-User": "admin",
            "Forwarded": "for=127.0.0.1;by=septet",
        }
    )


def long_ago(seconds: int) -> int:
    return int(time.time()) - seconds


NOBODY, REFUSED, LACKS = (200, "UNAUTHENTICATED"), (401, "UNAUTHENTICATED"), (200, "FORBIDDEN")

#: What opens nothing, by what is said to it: nobody at all, a refusal that tells nothing, or that
#: the credential is good and does not reach so far.
WRONG: dict[str, tuple[Credential, tuple[int, str]]] = {
    "none": (lambda _: bearer(""), NOBODY),
    "a gateway's headers alone": (gateway_headers, NOBODY),
    "malformed": (lambda _: bearer("not-a-key"), REFUSED),
    "of another scheme": (lambda _: Sent(headers={"Authorization": "Basic eDp4"}), REFUSED),
    "damaged key": (damaged_key, REFUSED),
    "unknown key": (unknown_key, REFUSED),
    "key of another environment": (lambda _: bearer(str(KeyText.new("live"))), REFUSED),
    "expired key": (key_with(expires_at=clock.now() - timedelta(seconds=1)), REFUSED),
    "revoked key": (revoked_key, REFUSED),
    "key of a disabled account": (key_of_disabled_account, REFUSED),
    "key of the other verb": (key_of_the_other_verb, LACKS),
    "key of other services": (key_of_other_services, LACKS),
    "token of another issuer": (token(iss="https://evil.example.com/"), REFUSED),
    "token by another key": (token(STRANGER), REFUSED),
    "token by another algorithm": (token(OTHER_KIND), REFUSED),
    "token without signature": (unsigned_token, REFUSED),
    "token signed by the public key": (token_signed_by_the_public_key, REFUSED),
    "token for another audience": (token(aud="elsewhere"), REFUSED),
    "expired token": (token(exp=long_ago(31)), REFUSED),
    "token without expiry": (token(exp=None), REFUSED),
    "token of an unknown tenant": (token(tenant="nobody"), REFUSED),
    "token without the scope": (token(scope="tenant:read"), LACKS),
    "service token for another audience": (service_token(audience="elsewhere"), REFUSED),
    "service token, body tampered": (service_token(extra=b" "), REFUSED),
    "service token for another path": (service_token(path="/graphql"), REFUSED),
    "expired service token": (
        service_token_with(iat=long_ago(200), exp=long_ago(140)),
        REFUSED,
    ),
    "service token, another user's context": (service_token_of_another_user, REFUSED),
    "service token of an unknown issuer": (service_token_with(iss="evil"), REFUSED),
    "service token by a stranger": (service_token_by_a_stranger, REFUSED),
    "service token without the scope": (service_token(scopes=("tenant:read",)), LACKS),
    "session without CSRF token": (session(csrf=False), (403, "FORBIDDEN")),
    "session without permission": (session("tenant:read"), LACKS),
    "session without membership": (session(member=False), (403, "FORBIDDEN")),
}

#: What opens the operation, and nothing else.
RIGHT: dict[str, Credential] = {
    "key": lambda case: bearer(case.key(case.scope)),
    "key for everything": lambda case: bearer(case.key()),
    "token": token(),
    "service token": service_token(),
    "session": session(),
}

#: Good credentials of somebody else's tenant.
ELSEWHERE: dict[str, Credential] = {
    "key": lambda case: bearer(make_key(make_tenant(), case.scope).secret),
    "token": lambda case: token()(replace(case, owner=make_tenant())),
    "service token": lambda case: service_token()(replace(case, owner=make_tenant())),
    "session": member_of_another_tenant,
}

#: May look and not touch.
READ_ONLY: dict[str, Credential] = {
    "key": lambda case: bearer(case.key("*:read")),
    "token": token(scope="*:read"),
    "service token": service_token(scopes=tuple(f"{name}:read" for name in BY_NAME)),
    "viewer": session("tenant:read", role=Role.VIEWER),
}
