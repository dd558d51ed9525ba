"""Rate limits as callers meet them: by credential, by tenant, by address, by refused attempts."""

import json
import re
from typing import Any

import pytest
from django.conf import LazySettings
from django.conf import settings as here
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from kernel.env import Rate
from kernel.federation.media import GRAPHQL_JSON, JSON
from kernel.identity.models import Refusal, Tenant
from kernel.identity.reasons import Reason
from kernel.ratelimits import visit
from kernel.ratelimits.views import for_programs
from kernel.tenancy.context import Principal, require
from kernel.testing.services import signed_request
from kernel.testing.tenants import make_key, make_tenant

PATH = f"/{here.SERVICES[0]}/graphql"
FREE = "{ __typename }"
#: So slow that nothing comes back while a test runs.
FEW = Rate(1, 3)


@pytest.fixture(autouse=True)
def _nobody_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "trusted", visit.TrustedCredentials())


def send(
    secret: str = "", query: str = FREE, *, accept: str = JSON, peer: str = "192.0.2.1"
) -> Any:
    headers = {"Accept": accept} | ({"Authorization": f"Bearer {secret}"} if secret else {})
    return Client(raise_request_exception=False).post(
        PATH, {"query": query}, content_type=JSON, headers=headers, REMOTE_ADDR=peer
    )


def statuses(answers: list[Any]) -> list[int]:
    return [answer.status_code for answer in answers]


def code(response: Any) -> str:
    return str(response.json()["errors"][0]["extensions"]["code"])


def left(response: Any, policy: str) -> int:
    match = re.search(rf'"{policy}";r=(\d+);t=\d+', response.headers["RateLimit"])
    assert match, response.headers["RateLimit"]
    return int(match[1])


@pytest.mark.parametrize("media_type", [JSON, GRAPHQL_JSON])
def test_a_credential_that_has_used_up_its_units_is_told_when_to_come_back(
    tenant: Tenant, settings: LazySettings, media_type: str
) -> None:
    settings.RATE_LIMIT_CREDENTIAL = FEW
    secret = make_key(tenant).secret

    *admitted, refused = [send(secret, accept=media_type) for _ in range(4)]

    assert statuses(admitted) == [200, 200, 200]
    assert [left(answer, "credential") for answer in admitted] == [2, 1, 0]
    assert (refused.status_code, code(refused)) == (429, "RATE_LIMITED")
    assert refused.headers["Content-Type"].startswith(media_type)
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit-Policy"] == (
        '"credential";q=3;w=180;septet-unit="cost", "tenant";q=160000;w=20;septet-unit="cost"'
    )
    assert refused.headers["RateLimit"].startswith(
        f'"credential";r=0;t={refused.headers["Retry-After"]}, "tenant";r='
    )


def test_another_credential_is_not_kept_waiting_but_the_tenant_has_a_limit_for_all(
    settings: LazySettings, db: None
) -> None:
    settings.RATE_LIMIT_CREDENTIAL = Rate(1, 2)
    settings.RATE_LIMIT_TENANT = FEW
    tenant = make_tenant()
    one, other, stranger = make_key(tenant), make_key(tenant), make_key(make_tenant())

    answers = [send(one.secret) for _ in range(3)]
    answers += [send(other.secret) for _ in range(2)]
    answers += [send(stranger.secret)]

    assert statuses(answers) == [200, 200, 429, 200, 429, 200]
    assert "by tenant is used up" in answers[4].json()["errors"][0]["message"]


def test_an_operation_takes_what_it_costs(tenant: Tenant, settings: LazySettings) -> None:
    settings.RATE_LIMIT_CREDENTIAL = Rate(1, 1_000)
    secret = make_key(tenant).secret

    answer = send(secret, "{ _service { sdl } a: _service { sdl } b: _service { sdl } }")

    assert left(answer, "credential") == 997


@pytest.mark.parametrize(
    "query", ["{", "{ nothing }", "query A { __typename } query B { __typename }", ""]
)
def test_a_request_that_is_not_run_takes_one_unit(
    tenant: Tenant, settings: LazySettings, query: str
) -> None:
    settings.RATE_LIMIT_CREDENTIAL = FEW
    secret = make_key(tenant).secret

    answers = [send(secret, query) for _ in range(4)]

    assert [left(answer, "credential") for answer in answers[:3]] == [2, 1, 0]
    assert code(answers[3]) == "RATE_LIMITED"


def test_what_costs_more_than_can_ever_be_had_is_told_so_and_takes_one_unit(
    tenant: Tenant, settings: LazySettings
) -> None:
    settings.RATE_LIMIT_CREDENTIAL = FEW

    answer = send(
        make_key(tenant).secret,
        " ".join(["{", *(f"a{i}: _service {{ sdl }}" for i in range(4)), "}"]),
    )

    assert code(answer) == "LIMIT_EXCEEDED"
    assert "Retry-After" not in answer.headers
    assert left(answer, "credential") == 2


def test_who_has_nothing_left_is_refused_before_the_request_is_read(
    tenant: Tenant, settings: LazySettings
) -> None:
    settings.RATE_LIMIT_CREDENTIAL = FEW
    secret = make_key(tenant).secret
    for _ in range(3):
        send(secret)

    refused = Client().post(
        PATH, b"{", content_type=JSON, headers={"Authorization": f"Bearer {secret}"}
    )

    assert (refused.status_code, code(refused)) == (429, "RATE_LIMITED")


@pytest.mark.django_db
def test_without_a_credential_the_address_is_limited_and_of_ipv6_the_64(
    settings: LazySettings,
) -> None:
    settings.RATE_LIMIT_ADDRESS = FEW

    same = [send(peer=f"2001:db8:1:2::{number}") for number in range(4)]
    other = send(peer="2001:db8:1:3::1")

    assert statuses(same) == [200, 200, 200, 429]
    assert other.status_code == 200
    assert left(other, "address") == 2


@pytest.mark.django_db
def test_a_header_that_anybody_can_send_gives_no_other_address(settings: LazySettings) -> None:
    settings.RATE_LIMIT_ADDRESS = FEW

    answers = [
        Client().post(
            PATH, {"query": FREE}, content_type=JSON, headers={"X-Forwarded-For": f"1.1.1.{number}"}
        )
        for number in range(4)
    ]

    assert statuses(answers) == [200, 200, 200, 429]


def test_credentials_that_are_refused_are_limited_by_address_and_never_looked_at_then(
    tenant: Tenant, settings: LazySettings, django_assert_num_queries: Any
) -> None:
    settings.RATE_LIMIT_ATTEMPTS = FEW
    guess = "septet_" + "0" * 16 + "_" + "0" * 64

    guesses = [send(guess) for _ in range(3)]
    with django_assert_num_queries(0):
        refused = send(guess)

    assert statuses(guesses) == [401, 401, 401]
    assert [left(answer, "attempts") for answer in guesses] == [2, 1, 0]
    assert (refused.status_code, code(refused)) == (429, "RATE_LIMITED")
    assert send(guess, peer="192.0.2.2").status_code == 401


def test_guesses_do_not_lock_out_a_credential_that_was_good(
    tenant: Tenant, settings: LazySettings
) -> None:
    settings.RATE_LIMIT_ATTEMPTS = FEW
    known, unknown = make_key(tenant).secret, make_key(tenant).secret
    send(known)
    for _ in range(4):
        send("guess")

    assert send(known).status_code == 200
    assert send(unknown).status_code == 429
    assert send(unknown, peer="192.0.2.2").status_code == 200


def test_a_credential_that_was_good_is_still_limited_once_it_is_refused(
    tenant: Tenant, settings: LazySettings
) -> None:
    settings.RATE_LIMIT_ATTEMPTS = FEW
    credential = make_key(tenant)
    send(credential.secret)
    credential.key.delete()

    assert statuses([send(credential.secret) for _ in range(4)]) == [401, 401, 401, 429]


def test_another_service_of_the_platform_is_not_limited_for_its_caller_was(
    tenant: Tenant, settings: LazySettings
) -> None:
    settings.RATE_LIMIT_CREDENTIAL = FEW
    caller = Principal(kind="key", id="a", name="a", tenant_id=tenant.pk, scopes=frozenset({"*"}))
    signed = [
        signed_request(caller, PATH, {"query": FREE}, audience=here.SERVICES[0]) for _ in range(5)
    ]

    answers = [
        Client().post(PATH, sent, content_type=JSON, headers=headers) for sent, headers in signed
    ]

    assert statuses(answers) == [200] * 5
    assert not [answer for answer in answers if "RateLimit" in answer.headers]


def test_limits_that_are_switched_off_neither_refuse_nor_tell(
    tenant: Tenant, settings: LazySettings
) -> None:
    for name in ("CREDENTIAL", "TENANT", "ADDRESS", "ATTEMPTS"):
        setattr(settings, f"RATE_LIMIT_{name}", None)
    secret = make_key(tenant).secret

    answers = [send(secret), send(), send("guess")]

    assert statuses(answers) == [200, 200, 401]
    assert not [answer for answer in answers if "RateLimit" in answer.headers]


def test_a_view_that_is_no_graphql_is_let_in_limited_and_told_in_the_same_way(
    tenant: Tenant, settings: LazySettings, rf: RequestFactory
) -> None:
    settings.RATE_LIMIT_CREDENTIAL = FEW
    secret = make_key(tenant, "files:read").secret

    @for_programs
    def view(_request: HttpRequest, word: str) -> HttpResponse:
        require(f"files:{word}")
        return HttpResponse(word, status=201)

    def ask(word: str, key: str = secret) -> HttpResponse:
        return view(rf.post("/", headers={"Authorization": f"Bearer {key}"}), word)

    answers = [ask("read"), ask("write"), ask("read"), ask("read"), ask("read", "guess")]

    assert statuses(answers) == [201, 403, 201, 429, 401]
    assert [left(answer, "credential") for answer in answers[:4]] == [2, 1, 0, 0]
    assert json.loads(answers[3].content)["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert int(answers[3].headers["Retry-After"]) > 0
    # Staff find the two that were refused.
    assert list(Refusal.objects.order_by("id").values_list("reason", "tenant_id")) == [
        (Reason.SCOPE, tenant.pk),
        (Reason.MALFORMED, None),
    ]


def test_of_credentials_that_were_good_the_longest_unseen_is_forgotten_and_each_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = visit.TrustedCredentials(most=2)
    for header in ("a", "b", "a", "c"):
        known.add(header)

    assert [known.holds(header) for header in "abc"] == [True, False, True]
    monkeypatch.setattr(visit, "TRUSTED_SECONDS", -1.0)
    known.add("a")
    assert not known.holds("a")


def test_the_defaults_let_in_what_the_limits_of_one_operation_let_in() -> None:
    for rate in (here.RATE_LIMIT_CREDENTIAL, here.RATE_LIMIT_TENANT):
        assert rate is not None
        assert rate.burst >= here.GRAPHQL_MAX_COST
