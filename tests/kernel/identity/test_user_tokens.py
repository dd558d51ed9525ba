"""Tokens of people: whose are believed, for whom they speak, and how long."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from kernel.identity import user_tokens
from kernel.identity.authentication import authenticate
from kernel.identity.issuers import known_issuers
from kernel.identity.jwks import LEAST_PAUSE_SECONDS
from kernel.identity.lifecycle import resume_tenant, suspend_tenant
from kernel.identity.models import Tenant
from kernel.identity.reasons import UNIFORM, CredentialRefusedError, Reason
from kernel.identity.recent_tenants import TENANTS
from kernel.identity.remembered import Remembered
from kernel.tenancy.context import Principal
from kernel.testing.tenants import make_tenant
from tests.kernel.identity.issuing import AUDIENCE, ISS, Signer, publishing

SIGNER = Signer()
RSA = Signer("RS256", "rsa")

Trust = Callable[..., None]


@pytest.fixture(autouse=True)
def trust() -> Iterator[Trust]:
    """Trust the issuer, with other members of its entry where a test says so."""

    def change(**members: Any) -> None:
        entry = {
            "iss": ISS,
            "audience": AUDIENCE,
            "algorithms": ["EdDSA"],
            "keys": [SIGNER.jwk()],
        } | members
        told = {name: value for name, value in entry.items() if value is not None}
        settings.JWT_ISSUERS = json.dumps([told])
        known_issuers.cache_clear()
        user_tokens.forget_all()

    change()
    yield change
    settings.JWT_ISSUERS = ""
    known_issuers.cache_clear()
    user_tokens.forget_all()


def ask(token: str) -> Principal | None:
    header = {"Authorization": f"Bearer {token}"}
    return authenticate(RequestFactory().get("/", headers=header))


def refused(token: str) -> tuple[Reason, str]:
    with pytest.raises(CredentialRefusedError) as caught:
        ask(token)
    assert str(caught.value) == UNIFORM
    signature = token.rpartition(".")[2]
    assert not signature or signature not in caught.value.detail + caught.value.credential
    return caught.value.reason, caught.value.detail


def encoded(part: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def test_a_token_speaks_for_its_subject_in_its_tenant(tenant: Tenant) -> None:
    token = SIGNER.token(tenant=tenant.slug, scope="audit:read openid", name="Ada")

    assert ask(token) == Principal(
        kind="user",
        id="u-1",
        name="Ada",
        tenant_id=tenant.pk,
        scopes=frozenset({"audit:read"}),
    )


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "ES384", "ES512", "RS256", "PS384"])
def test_each_algorithm_that_is_allowed_verifies(
    tenant: Tenant, trust: Trust, algorithm: str
) -> None:
    signer = Signer(algorithm)
    trust(algorithms=[algorithm], keys=[signer.jwk()])

    assert ask(signer.token(tenant=tenant.slug)) is not None
    other = Signer(algorithm, private=Signer(algorithm).private)
    assert refused(other.token(tenant=tenant.slug))[0] == Reason.SIGNATURE


@pytest.mark.parametrize(
    ("members", "claims"),
    [
        ({"tenant_claim": "org"}, {"org": "{slug}"}),
        ({"tenant_by": "id"}, {"tenant": "{id}"}),
        ({"tenant_claim": "https://x/t", "tenant_by": "id"}, {"https://x/t": "{id}"}),
        ({"tenants": ["tokens-tenant"]}, {"tenant": "{slug}"}),
    ],
)
def test_the_issuers_entry_says_which_claim_names_the_tenant(
    db: None, trust: Trust, members: dict[str, Any], claims: dict[str, str]
) -> None:
    tenant = make_tenant("tokens-tenant")
    trust(**members)
    told: dict[str, Any] = {
        name: text.format(slug=tenant.slug, id=tenant.pk) for name, text in claims.items()
    }

    principal = ask(SIGNER.token(**told))

    assert principal is not None
    assert principal.tenant_id == tenant.pk


@pytest.mark.parametrize(
    ("members", "claims", "expected"),
    [
        ({}, {"scope": "audit:read files:write"}, {"audit:read", "files:write"}),
        ({}, {"scope": ["audit:read"]}, {"audit:read"}),
        ({"scope_claim": "scp"}, {"scp": ["audit:read"], "scope": "files:read"}, {"audit:read"}),
        (
            {"scope_prefix": "septet/"},
            {"scope": "septet/audit:read files:read"},
            {"audit:read"},
        ),
        ({}, {"scope": "openid email unknown:read audit:"}, set()),
        ({}, {"scope": "tenant:*"}, {"tenant:read", "tenant:admin", "tenant:own"}),
        ({}, {}, set()),
    ],
)
def test_the_issuers_entry_says_which_claim_has_the_scopes(
    tenant: Tenant,
    trust: Trust,
    members: dict[str, Any],
    claims: dict[str, Any],
    expected: set[str],
) -> None:
    trust(**members)

    principal = ask(SIGNER.token(tenant=tenant.slug, **claims))

    assert principal is not None
    assert principal.scopes == expected


def test_the_same_subject_of_another_issuer_is_somebody_else(tenant: Tenant, trust: Trust) -> None:
    trust(subject_prefix="corp|")

    principal = ask(SIGNER.token(tenant=tenant.slug))

    assert principal is not None
    assert principal.id == "corp|u-1"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": int(time.time()) - 31}, Reason.EXPIRED),
        ({"exp": None}, Reason.CLAIMS),
        ({"exp": "soon"}, Reason.MALFORMED),
        ({"aud": "another"}, Reason.AUDIENCE),
        ({"aud": ["another"]}, Reason.AUDIENCE),
        ({"aud": None}, Reason.CLAIMS),
        ({"sub": None}, Reason.CLAIMS),
        ({"iss": "https://evil.example.com/"}, Reason.ISSUER_UNKNOWN),
        ({"iss": None}, Reason.ISSUER_UNKNOWN),
        ({"iss": ISS.rstrip("/")}, Reason.ISSUER_UNKNOWN),
        ({"nbf": int(time.time()) + 7200}, Reason.NOT_YET_VALID),
        ({"iat": int(time.time()) + 7200}, Reason.NOT_YET_VALID),
        ({"tenant": None}, Reason.CLAIMS),
        ({"tenant": 7}, Reason.CLAIMS),
        ({"tenant": "nobody"}, Reason.TENANT_UNKNOWN),
        ({"tenant": "a\0b"}, Reason.TENANT_UNKNOWN),
        ({"scope": {"a": 1}}, Reason.CLAIMS),
        ({"scope": [1]}, Reason.CLAIMS),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(
    tenant: Tenant, claims: dict[str, Any], reason: Reason
) -> None:
    assert refused(SIGNER.token(**{"tenant": tenant.slug} | claims))[0] == reason


def test_clocks_may_differ_by_half_a_minute(tenant: Tenant) -> None:
    now = int(time.time())

    assert ask(SIGNER.token(tenant=tenant.slug, exp=now - 20)) is not None
    assert ask(SIGNER.token(tenant=tenant.slug, iat=now + 20, nbf=now + 20)) is not None


def test_an_issuer_speaks_for_the_tenants_of_its_entry_only(tenant: Tenant, trust: Trust) -> None:
    trust(tenants=["somebody-else"])

    assert refused(SIGNER.token(tenant=tenant.slug)) == (
        Reason.TENANT_NOT_ALLOWED,
        f"tenant {tenant.slug}",
    )


@pytest.mark.parametrize("typ", ["JWT", "", "at+jwt;x"])
def test_a_token_of_another_type_is_refused_where_the_type_is_said(
    tenant: Tenant, trust: Trust, typ: str
) -> None:
    trust(typ="at+jwt")

    assert refused(SIGNER.token(tenant=tenant.slug, header={"typ": typ}))[0] == Reason.CLAIMS
    assert ask(SIGNER.token(tenant=tenant.slug, header={"typ": "application/at+JWT"})) is not None


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
def test_a_token_without_a_signature_is_refused(tenant: Tenant, alg: str) -> None:
    good = jwt.decode(SIGNER.token(tenant=tenant.slug), options={"verify_signature": False})

    for signature in ("", "AAAA"):
        token = f"{encoded({'alg': alg, 'kid': 'first'})}.{encoded(good)}.{signature}"
        assert refused(token)[0] == Reason.ALGORITHM


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(
    tenant: Tenant, trust: Trust
) -> None:
    import hashlib  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    trust(algorithms=["RS256"], keys=[RSA.jwk()])
    public = RSA.private.public_key()
    claims = jwt.decode(RSA.token(tenant=tenant.slug), options={"verify_signature": False})
    signed = f"{encoded({'alg': 'HS256', 'kid': 'rsa'})}.{encoded(claims)}"
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    for secret in (pem, pem.strip(), json.dumps(RSA.jwk()).encode()):
        mac = hmac.digest(secret, signed.encode(), hashlib.sha256)
        token = f"{signed}.{urlsafe_b64encode(mac).decode().rstrip('=')}"
        assert refused(token)[0] == Reason.ALGORITHM


def test_an_algorithm_that_the_entry_does_not_allow_is_refused_though_the_key_could(
    tenant: Tenant, trust: Trust
) -> None:
    trust(algorithms=["RS256"], keys=[RSA.jwk()])

    other = Signer("PS256", "rsa", RSA.private).token(tenant=tenant.slug)

    assert refused(other)[0] == Reason.ALGORITHM


def test_a_short_rsa_key_verifies_nothing(tenant: Tenant, trust: Trust) -> None:
    weak = Signer("RS256", "weak", rsa.generate_private_key(public_exponent=65537, key_size=1024))
    trust(algorithms=["RS256"], keys=[weak.jwk()])
    with pytest.warns(match="below the minimum"):
        token = weak.token(tenant=tenant.slug)

    assert refused(token)[0] == Reason.ALGORITHM


def test_another_key_under_the_same_id_is_refused(tenant: Tenant) -> None:
    assert refused(Signer().token(tenant=tenant.slug))[0] == Reason.SIGNATURE


def test_a_key_in_the_header_is_not_believed(tenant: Tenant) -> None:
    evil = Signer()
    header = {"jwk": evil.jwk(), "jku": "http://127.0.0.1:9/", "kid": "first"}

    assert refused(evil.token(tenant=tenant.slug, header=header))[0] == Reason.SIGNATURE


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_that_was_changed_is_refused(tenant: Tenant, part: int) -> None:
    parts = SIGNER.token(tenant=tenant.slug).split(".")
    if part == 1:
        parts[1] = SIGNER.token(tenant=tenant.slug, scope="*").split(".")[1]
    else:
        parts[part] = parts[part][:5] + ("A" if parts[part][5] != "A" else "B") + parts[part][6:]

    assert refused(".".join(parts))[0] in {Reason.SIGNATURE, Reason.MALFORMED, Reason.ALGORITHM}


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "..",
        f"{encoded({})}.{encoded({})}.",
        "e30.W10.x",
        "e30.bnVsbA.x",
        "e30." + "A" * 9_000 + ".x",
        urlsafe_b64encode(b'{"alg":' + b"[" * 2_000).decode() + ".e30.x",
    ],
)
def test_what_is_no_token_is_refused(db: None, text: str) -> None:
    assert refused(text)[0] in {Reason.MALFORMED, Reason.ISSUER_UNKNOWN}


def test_a_key_that_nobody_publishes_is_named_in_the_reason(tenant: Tenant) -> None:
    other = Signer(kid="other")

    assert refused(other.token(tenant=tenant.slug))[0] == Reason.SIGNING_KEY_UNKNOWN


def test_an_issuer_that_is_down_from_the_beginning_has_a_reason_of_its_own(
    tenant: Tenant, trust: Trust
) -> None:
    trust(keys=None, jwks_url="http://127.0.0.1:9/keys")

    reason, detail = refused(SIGNER.token(tenant=tenant.slug))

    assert (reason, "127.0.0.1:9" in detail) == (Reason.SIGNING_KEYS_MISSING, True)


def test_tokens_are_good_while_their_issuer_is_down(tenant: Tenant, trust: Trust) -> None:
    with publishing(SIGNER.jwk()) as published:
        trust(keys=None, jwks_url=published.url)
        assert ask(SIGNER.token(tenant=tenant.slug)) is not None

    assert ask(SIGNER.token(tenant=tenant.slug, sub="another")) is not None
    assert len(published.asked) == 1


def test_a_verified_token_is_not_verified_again(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = SIGNER.token(tenant=tenant.slug)
    first = ask(token)
    monkeypatch.setattr(user_tokens, "verify", None)

    assert ask(token) == first


def test_a_remembered_token_ends_when_it_expires(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = SIGNER.token(tenant=tenant.slug, exp=int(time.time()) + 5)
    ask(token)
    later = time.time() + 36
    monkeypatch.setattr("kernel.identity.remembered.time.time", lambda: later)
    monkeypatch.setattr(user_tokens, "verify", None)

    with pytest.raises(TypeError, match="not callable"):
        ask(token)


def test_a_remembered_token_ends_when_its_key_is_withdrawn(
    tenant: Tenant, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, other = SIGNER.token(tenant=tenant.slug), Signer(kid="other")
    with publishing(SIGNER.jwk()) as published:
        trust(keys=None, jwks_url=published.url)
        ask(token)
        published.publish(other.jwk())
        later = time.monotonic() + LEAST_PAUSE_SECONDS
        monkeypatch.setattr(known_issuers()[ISS].keys, "_now", lambda: later)
        # Somebody comes with the new key, and so it is fetched.
        ask(other.token(tenant=tenant.slug))

        assert refused(token)[0] == Reason.SIGNING_KEY_UNKNOWN


def test_a_suspended_tenant_is_shut_out_though_its_token_is_remembered(tenant: Tenant) -> None:
    token = SIGNER.token(tenant=tenant.slug)
    ask(token)

    suspend_tenant(tenant_id=tenant.pk)
    assert refused(token) == (Reason.TENANT_SUSPENDED, f"tenant {tenant.slug} is suspended")
    assert refused(SIGNER.token(tenant=tenant.slug, sub="x"))[0] == Reason.TENANT_SUSPENDED

    resume_tenant(tenant_id=tenant.pk)
    assert ask(token) is not None


def test_a_tenant_is_asked_for_once_a_second(
    tenant: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    now = [100.0]
    monkeypatch.setattr(TENANTS, "ttl_seconds", 1.0)
    monkeypatch.setattr("kernel.cache.namespaces.time.monotonic", lambda: now[0])
    token = SIGNER.token(tenant=tenant.slug)
    with django_assert_num_queries(2):
        # By the slug that the token says, then by the id that is remembered.
        ask(token)
        ask(token)
    with django_assert_num_queries(0):
        ask(token)
    Tenant.objects.filter(pk=tenant.pk).update(suspended_at="2026-01-01T00:00Z")
    now[0] += 1

    with django_assert_num_queries(1):
        assert refused(token)[0] == Reason.TENANT_SUSPENDED


def test_of_too_many_tokens_the_oldest_is_forgotten() -> None:
    held: Remembered[int] = Remembered(most=2)
    for number in range(3):
        held.put(bytes([number]), number, until=time.time() + 60)

    assert [held.get(bytes([number])) for number in range(3)] == [None, 1, 2]
