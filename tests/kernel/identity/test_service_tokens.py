"""Credentials between services: for one request, at one service, for one person."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import Client, RequestFactory
from jwt import PyJWKSet
from jwt.api_jws import PyJWS

from kernel.identity import service_tokens
from kernel.identity.authentication import authenticate
from kernel.identity.jwks import RETIRED, read_keys
from kernel.identity.lifecycle import suspend_tenant
from kernel.identity.models import Tenant
from kernel.identity.reasons import CredentialRefusedError, Reason
from kernel.identity.service_keys import (
    AHEAD_SECONDS,
    ALGORITHM,
    KEPT_SECONDS,
    Keyring,
    keyring,
)
from kernel.identity.service_tokens import Request, issue_token
from kernel.ids import new_id
from kernel.services import BY_NAME
from kernel.tenancy.context import Principal
from kernel.testing.tenants import make_tenant
from tests.kernel.identity.issuing import Signer, publishing

SERVICE = settings.SERVICES[0]
PATH = f"/{SERVICE}/graphql"
BODY = b'{"query": "{ __typename }"}'
REQUEST = Request("POST", PATH, BODY)
#: A caller that is in another process.
ELSEWHERE = next(reversed(BY_NAME))


@pytest.fixture(autouse=True)
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyring]:
    """Keys of this test's own."""
    monkeypatch.setattr(settings, "SERVICE_KEYS", tmp_path / "keys" / "own.json")
    forget()
    yield keyring()
    forget()


def forget() -> None:
    keyring.cache_clear()
    service_tokens.callers.cache_clear()


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch) -> Iterator[Signer]:
    """Another process, which publishes its keys where SERVICE_URLS says."""
    signer = Signer(kid="theirs")
    with publishing(signer.jwk()) as published:
        monkeypatch.setattr(settings, "SERVICES", (SERVICE,))
        monkeypatch.setitem(settings.SERVICE_URLS, ELSEWHERE, published.url.removesuffix("/keys"))
        forget()
        yield signer
    assert set(published.asked) <= {"/.well-known/jwks.json"}


def a_principal(tenant: Tenant) -> Principal:
    return Principal(
        kind="user", id="u-1", name="Ada", tenant_id=tenant.pk, scopes=frozenset({"audit:read"})
    )


def ask(token: str, request: Request = REQUEST, **headers: str) -> Principal | None:
    asked = RequestFactory().generic(
        request.method,
        request.path,
        request.body,
        headers={"Authorization": f"Service {token}", **headers},
    )
    return authenticate(asked, request.body)


def refused(token: str, request: Request = REQUEST) -> Reason:
    with pytest.raises(CredentialRefusedError) as caught:
        ask(token, request)
    return caught.value.reason


def theirs(caller: Signer, tenant: Tenant, **changes: Any) -> str:
    """Return a token of another service, good but for these changes."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": ELSEWHERE,
        "aud": SERVICE,
        "sub": "u-1",
        "iat": now,
        "exp": now + 60,
        "jti": new_id().hex,
        **REQUEST.claims(),
        "principal": {
            "kind": "user",
            "name": "Ada",
            "tenant": str(tenant.pk),
            "scopes": ["audit:read"],
        },
    } | changes
    return caller.token(**claims)


def test_a_token_of_this_process_speaks_for_whom_it_was_issued(tenant: Tenant) -> None:
    principal = a_principal(tenant)

    assert ask(issue_token(SERVICE, principal, REQUEST)) == principal


def test_a_token_of_another_service_speaks_for_its_user(tenant: Tenant, caller: Signer) -> None:
    assert ask(theirs(caller, tenant)) == a_principal(tenant)


@pytest.mark.parametrize("kind", ["key", "member", "staff", "user", "service", "system"])
def test_every_kind_of_principal_can_be_spoken_for(tenant: Tenant, kind: Any) -> None:
    principal = replace(a_principal(tenant), kind=kind)

    assert ask(issue_token(SERVICE, principal, REQUEST)) == principal


@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", PATH, BODY + b" "),
        Request("POST", PATH, b""),
        Request("POST", PATH, BODY.replace(b"__typename", b"__typenama")),
        Request("PUT", PATH, BODY),
        Request("POST", f"{PATH}/", BODY),
        Request("POST", f"{PATH}?a=1", BODY),
        Request("POST", "/graphql", BODY),
    ],
)
def test_a_token_is_good_for_its_very_request_only(tenant: Tenant, request_: Request) -> None:
    token = issue_token(SERVICE, a_principal(tenant), REQUEST)

    assert refused(token, request_) == Reason.OTHER_REQUEST
    # What was tried with another request is still good for its own.
    assert ask(token) is not None


def test_a_query_string_is_part_of_the_request(tenant: Tenant) -> None:
    request = Request("GET", f"{PATH}?query=%7Ba%7D", b"")

    assert ask(issue_token(SERVICE, a_principal(tenant), request), request) is not None


def test_a_token_for_another_service_is_refused(tenant: Tenant) -> None:
    assert refused(issue_token("elsewhere", a_principal(tenant), REQUEST)) == Reason.AUDIENCE


def test_a_token_is_good_once(tenant: Tenant) -> None:
    token = issue_token(SERVICE, a_principal(tenant), REQUEST)
    ask(token)

    assert refused(token) == Reason.USED_BEFORE


def test_a_token_is_good_for_a_minute(tenant: Tenant, caller: Signer) -> None:
    now = int(time.time())

    assert refused(theirs(caller, tenant, iat=now - 71, exp=now - 11)) == Reason.EXPIRED
    assert refused(theirs(caller, tenant, exp=now + 61)) == Reason.CLAIMS
    assert refused(theirs(caller, tenant, iat=now + 20, exp=now + 80)) == Reason.NOT_YET_VALID
    assert ask(theirs(caller, tenant, iat=now - 65, exp=now - 5)) is not None


def test_the_context_of_another_user_cannot_be_put_in(tenant: Tenant) -> None:
    other = replace(a_principal(make_tenant()), scopes=frozenset({"*"}), id="u-2")
    mine, others = (
        issue_token(SERVICE, one, REQUEST).split(".") for one in (a_principal(tenant), other)
    )

    assert refused(".".join([mine[0], others[1], mine[2]])) == Reason.SIGNATURE


@pytest.mark.parametrize(
    "changes",
    [
        {"principal": None},
        {"principal": "x"},
        {"principal": {}},
        {"principal": {"kind": "god", "name": "x", "tenant": str(new_id()), "scopes": []}},
        {"principal": {"kind": "key", "name": "x", "tenant": "x", "scopes": []}},
        {"principal": {"kind": "key", "name": "x", "tenant": 7, "scopes": []}},
        {"principal": {"kind": [], "name": "x", "tenant": str(new_id()), "scopes": []}},
        {"principal": {"kind": "key", "name": "x", "tenant": str(new_id()), "scopes": None}},
        {"jti": None},
        {"jti": ""},
        {"iat": None},
        {"sub": None},
        {"exp": None},
    ],
)
def test_a_token_that_lacks_something_is_refused(
    tenant: Tenant, caller: Signer, changes: dict[str, Any]
) -> None:
    assert refused(theirs(caller, tenant, **changes)) == Reason.CLAIMS


@pytest.mark.parametrize("issuer", ["elsewhere", "", "https://login.example.com/"])
def test_nobody_is_trusted_but_the_services(tenant: Tenant, caller: Signer, issuer: str) -> None:
    assert refused(theirs(caller, tenant, iss=issuer)) == Reason.ISSUER_UNKNOWN


def test_a_service_cannot_speak_as_another(tenant: Tenant, caller: Signer) -> None:
    # Its own key is not among those of the service that it says it is.
    assert refused(theirs(caller, tenant, iss=SERVICE)) == Reason.SIGNING_KEY_UNKNOWN


def test_a_users_token_is_no_services_token_and_the_reverse(tenant: Tenant) -> None:
    token = issue_token(SERVICE, a_principal(tenant), REQUEST)

    with pytest.raises(CredentialRefusedError) as caught:
        ask("x", Authorization=f"Bearer {token}")

    assert caught.value.reason == Reason.ISSUER_UNKNOWN


def test_a_suspended_or_unknown_tenant_is_refused(tenant: Tenant) -> None:
    nowhere = replace(a_principal(tenant), tenant_id=new_id())
    suspend_tenant(tenant_id=tenant.pk)

    assert refused(issue_token(SERVICE, nowhere, REQUEST)) == Reason.TENANT_UNKNOWN
    token = issue_token(SERVICE, a_principal(tenant), REQUEST)
    assert refused(token) == Reason.TENANT_SUSPENDED


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "..", "\0"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(CredentialRefusedError):
        service_tokens.verify_service_token(text, REQUEST)


def test_what_a_gateway_says_of_the_caller_is_not_believed(tenant: Tenant) -> None:
    told = {
        "X-Tenant": str(tenant.pk),
        "X-Tenant-Id": str(tenant.pk),
        "X-User": "admin",
        "X-User-Id": "1",
        "X-Scopes": "*",
        "X-Forwarded-User": "admin",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Host": "localhost",
        "X-Forwarded-Proto": "https",
        "X-Real-Ip": "127.0.0.1",
        "X-Remote-User": "admin",
        "Remote-User": "admin",
        "Forwarded": "for=127.0.0.1;by=septet",
    }
    other = replace(a_principal(make_tenant()), scopes=frozenset())

    without = authenticate(RequestFactory().post(PATH, headers=told))
    principal = ask(issue_token(SERVICE, other, REQUEST), REQUEST, **told)

    assert without is None
    assert principal == other


def test_a_key_is_made_once_for_us_alone(own_keys: Keyring) -> None:
    made = own_keys.signing().kid

    assert Keyring(own_keys.path).signing().kid == made
    assert own_keys.path.stat().st_mode & 0o777 == 0o600
    assert own_keys.path.parent.stat().st_mode & 0o777 == 0o700


def test_only_public_keys_are_published(own_keys: Keyring) -> None:
    response = Client().get("/.well-known/jwks.json")

    (published,) = response.json()["keys"]
    (stored,) = json.loads(own_keys.path.read_text())["keys"]
    assert published.keys() == {"kty", "crv", "x", "kid", "use", "alg"}
    assert stored["d"] not in response.text
    assert response["Content-Type"] == "application/jwk-set+json"
    assert response["Cache-Control"] == "public, max-age=60"
    assert Client().post("/.well-known/jwks.json").status_code == 405


def test_a_new_key_is_published_before_it_signs_and_the_old_one_after(
    own_keys: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def state(seconds: float) -> tuple[str, list[str]]:
        monkeypatch.setattr("kernel.identity.service_keys.time.time", lambda: start + seconds)
        keys = own_keys.jwks()["keys"]
        return own_keys.signing().kid, [key["kid"] for key in keys if RETIRED not in key]

    start = time.time()
    old = own_keys.signing().kid
    new = own_keys.rotate().kid

    assert state(1) == (old, [old, new])
    assert state(AHEAD_SECONDS - 1) == (old, [old, new])
    assert state(AHEAD_SECONDS + 1) == (new, [old, new])
    assert state(AHEAD_SECONDS + KEPT_SECONDS - 1) == (new, [old, new])
    assert state(AHEAD_SECONDS + KEPT_SECONDS + 1) == (new, [new])
    # Only now may it leave the file, too.
    newest = own_keys.rotate().kid
    stored = [key["kid"] for key in json.loads(own_keys.path.read_text())["keys"]]
    assert stored == [new, newest]


def test_a_key_that_was_followed_verifies_files_for_400_days_and_no_token(
    own_keys: Keyring, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, day = time.time(), 86_400.0

    def retired(days: float) -> list[str]:
        monkeypatch.setattr("kernel.identity.service_keys.time.time", lambda: start + days * day)
        return [key["kid"] for key in own_keys.jwks()["keys"] if RETIRED in key]

    key = own_keys.signing()
    old, told = key.kid, {"kid": key.kid}
    signature = PyJWS().encode(
        b"flags", key.private, ALGORITHM, headers=told, is_payload_detached=True
    )
    own_keys.rotate()
    before, after = retired(0), retired(1)
    own_keys.rotate()

    published = PyJWKSet.from_dict(own_keys.jwks())
    PyJWS().decode(signature, published[old], [ALGORITHM], detached_payload=b"flags")
    assert (before, after, retired(1)) == ([], [old], [old])
    assert "d" not in json.loads(own_keys.path.read_text())["retired"][0]
    assert old not in read_keys(own_keys.jwks(), [ALGORITHM])
    # The one that signed until now may be who was stolen from: it is not among them.
    assert len(retired(2)) == 2
    own_keys.rotate(at_once=True)
    assert retired(3) == [old]
    assert (retired(399), retired(402)) == ([old], [])


def test_a_key_that_was_stolen_is_replaced_at_once(tenant: Tenant, own_keys: Keyring) -> None:
    token = issue_token(SERVICE, a_principal(tenant), REQUEST)

    new = own_keys.rotate(at_once=True).kid

    assert refused(token) == Reason.SIGNING_KEY_UNKNOWN
    assert [key["kid"] for key in own_keys.jwks()["keys"]] == [new]
    assert ask(issue_token(SERVICE, a_principal(tenant), REQUEST)) is not None


def test_another_process_sees_a_rotation(own_keys: Keyring) -> None:
    process = Keyring(own_keys.path)
    before = process.signing().kid

    new = own_keys.rotate(at_once=True).kid

    assert (before != new, process.signing().kid) == (True, new)


def test_a_token_is_an_ed25519_jwt(own_keys: Keyring, tenant: Tenant) -> None:
    token = issue_token(SERVICE, a_principal(tenant), REQUEST)

    header = jwt.get_unverified_header(token)

    assert header == {"alg": "EdDSA", "kid": own_keys.signing().kid, "typ": "JWT"}


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("service_keys", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_rotates_and_shows_keys(own_keys: Keyring) -> None:
    old = own_keys.signing().kid

    rotated = told("rotate")
    listed = told("show").splitlines()
    (first, second) = map(json.loads, told("show", "--json").splitlines())
    replaced = told("rotate", "--at-once")
    once_more = json.loads(told("rotate", "--at-once", "--json"))

    new = second["kid"]
    assert rotated == f"{SERVICE} signs by {new} in 10 minutes\n"
    assert listed == [f"{old}  signs", new]
    assert first == {"kid": old, "signs": True, "retired": False}
    assert re.fullmatch(rf"{SERVICE} signs by [\w-]+ now\n", replaced)
    assert once_more == {"kid": own_keys.signing().kid, "signs_in_seconds": 0}


@pytest.mark.parametrize("text", ["", "{}", '{"keys": []}', '{"keys": [{"kty": "OKP"}]}', "[1]"])
def test_a_file_that_holds_no_keys_is_named(own_keys: Keyring, text: str) -> None:
    own_keys.path.parent.mkdir()
    own_keys.path.write_text(text)

    with pytest.raises(ImproperlyConfigured, match=r"SERVICE_KEYS=.*own\.json"):
        own_keys.signing()
