"""Refusals: outsiders learn one thing, staff learn the reason."""

import json
import logging
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from kernel import clock
from kernel.errors import ForbiddenError
from kernel.identity import refusals
from kernel.identity.keys import KeyText
from kernel.identity.lifecycle import suspend_tenant
from kernel.identity.models import Refusal, Tenant
from kernel.identity.reasons import EXPLANATIONS, UNIFORM, CredentialRefusedError, Reason
from kernel.identity.refusals import RefusalMiddleware, record_refusal, refusals_of
from kernel.identity.services import revoke_key
from kernel.testing.tenants import Credential, make_key

PATH = "/files/graphql"


@pytest.fixture(autouse=True)
def keeper(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute in which nothing was refused yet."""
    monkeypatch.setattr(refusals, "_keeper", refusals._Keeper())


def ask(secret: str, query: str = "query Mine { files { nodes { id } } }") -> HttpResponse:
    response: Any = Client().post(
        PATH,
        {"query": query, "operationName": "Mine" if "Mine" in query else None},
        content_type="application/json",
        headers={"X-Request-Id": "mine"} | ({"Authorization": secret} if secret else {}),
    )
    return response  # type: ignore[no-any-return]  # Django's client adds members to it


def changed(**columns: Any) -> Callable[[Credential], str]:
    def change(credential: Credential) -> str:
        for name, value in columns.items():
            setattr(credential.key, name, value)
        credential.key.save()
        return f"Bearer {credential.secret}"

    return change


def revoked(credential: Credential) -> str:
    revoke_key(key_id=credential.key.pk)
    return f"Bearer {credential.secret}"


def suspended(credential: Credential) -> str:
    suspend_tenant(tenant_id=credential.key.tenant_id)
    return f"Bearer {credential.secret}"


WRONG: dict[Reason, Callable[[Credential], str]] = {
    Reason.MALFORMED: lambda _: "Basic x",
    Reason.DAMAGED: lambda one: f"Bearer {one.secret[:-1]}",
    Reason.OTHER_ENVIRONMENT: lambda _: f"Bearer {KeyText.new('live')}",
    Reason.UNKNOWN_KEY: lambda one: f"Bearer {KeyText.new('test', one.key.pk)}",
    Reason.EXPIRED: changed(expires_at=clock.now()),
    Reason.REVOKED: revoked,
    Reason.TENANT_SUSPENDED: suspended,
    Reason.ISSUER_UNKNOWN: lambda _: "Bearer e30.e30.x",
}


@pytest.mark.parametrize("reason", WRONG)
def test_outsiders_are_told_the_same_whatever_was_wrong(tenant: Tenant, reason: Reason) -> None:
    credential = make_key(tenant, "files:read")

    response = ask(WRONG[reason](credential))

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    (error,) = json.loads(response.content)["errors"]
    assert error["message"] == UNIFORM
    assert error["extensions"] == {"code": "UNAUTHENTICATED", "id": "mine"}
    (kept,) = Refusal.objects.all()
    assert kept.reason == reason
    assert kept.operation == f"POST {PATH}"
    assert credential.secret.split("_")[3][:64] not in str(vars(kept))


@pytest.mark.parametrize(
    "reason", [Reason.REVOKED, Reason.EXPIRED, Reason.TENANT_SUSPENDED], ids=str
)
def test_a_key_that_was_shown_to_be_one_is_named_with_its_tenant(
    tenant: Tenant, reason: Reason
) -> None:
    credential = make_key(tenant, "files:read")

    ask(WRONG[reason](credential))

    (kept,) = Refusal.objects.all()
    assert kept.credential == f"key {credential.key.pk} test"
    assert kept.tenant_id == tenant.pk


def test_a_scope_that_is_missing_is_named_with_principal_and_operation(tenant: Tenant) -> None:
    credential = make_key(tenant, "audit:read")

    response = ask(f"Bearer {credential.secret}")

    assert json.loads(response.content)["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    (kept,) = Refusal.objects.all()
    assert (kept.reason, kept.scopes) == (Reason.SCOPE, "files:read")
    assert (kept.principal_kind, kept.tenant_id) == ("key", tenant.pk)
    assert kept.credential == f"key {credential.key.pk} test"
    assert kept.operation == f"POST {PATH} Mine files"


def test_scopes_of_several_fields_are_named_together(tenant: Tenant) -> None:
    secret = make_key(tenant, "audit:read").secret

    ask(
        f"Bearer {secret}",
        'mutation { a: deleteFile(input: {id: "x"}) { error { code } }'
        ' b: updateFile(input: {id: "x"}) { error { code } } }',
    )

    (kept,) = Refusal.objects.all()
    assert kept.scopes == "files:write"


def test_no_credential_at_all_is_a_reason(tenant: Tenant) -> None:
    ask("")

    (kept,) = Refusal.objects.all()
    assert (kept.reason, kept.credential, kept.tenant_id) == (Reason.NONE, "", None)


def test_what_is_not_refused_is_not_kept(tenant: Tenant) -> None:
    secret = make_key(tenant, "files:read").secret

    ask(f"Bearer {secret}")
    ask(f"Bearer {secret}", "{ nothing }")

    assert Refusal.objects.count() == 0


def test_a_refusal_is_logged_with_its_reason(
    tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="kernel.identity.refusals"):
        ask(f"Bearer {make_key(tenant, 'audit:read').secret}")

    (record,) = [one for one in caplog.records if one.name == "kernel.identity.refusals"]
    assert vars(record)["reason"] == "scope"
    assert vars(record)["scopes"] == "files:read"


def test_what_another_view_refuses_is_kept_too(db: None) -> None:
    request = RequestFactory().get("/files/api/x")
    middleware = RefusalMiddleware(lambda _request: HttpResponse())

    middleware.process_exception(request, ForbiddenError("not on Sundays"))
    middleware.process_exception(request, ValueError("something else"))

    (kept,) = Refusal.objects.all()
    assert (kept.reason, kept.detail) == (Reason.FORBIDDEN, "not on Sundays")
    assert kept.operation == "GET /files/api/x"


def refuse(number: int = 1) -> None:
    request: HttpRequest = RequestFactory().get("/x")
    for _ in range(number):
        record_refusal(request, [CredentialRefusedError(Reason.MALFORMED)])


def test_strangers_who_knock_without_end_fill_no_table(
    db: None, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = [600.0]
    monkeypatch.setattr("kernel.identity.refusals.time.monotonic", lambda: now[0])
    monkeypatch.setattr(refusals, "MOST_A_MINUTE", 3)
    refuse(3)

    with django_assert_num_queries(0):
        refuse(10)
    now[0] += 60
    refuse()

    assert Refusal.objects.count() == 4


def test_the_newest_are_kept(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MOST_KEPT", 5)
    monkeypatch.setattr(refusals, "_TRIMMED_EVERY", 4)
    monkeypatch.setattr(refusals, "_keeper", refusals._Keeper())

    refuse(8)
    before = list(Refusal.objects.values_list("pk", flat=True))
    refuse(1)

    after = list(Refusal.objects.values_list("pk", flat=True))
    assert (len(before), len(after)) == (8, 5)
    assert after[1:] == before[:4]


def test_what_cannot_be_kept_is_refused_all_the_same(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: Any, **_options: Any) -> None:
        raise DatabaseError("full")

    monkeypatch.setattr(Refusal, "save", fail)

    assert ask("Basic x").status_code == 401
    assert "a refusal could not be kept" in caplog.text


def test_every_reason_has_words_and_advice() -> None:
    assert set(EXPLANATIONS) == set(Reason)
    for explanation in EXPLANATIONS.values():
        assert explanation.what.endswith(".")
        assert explanation.advice.endswith(".")


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("explain_refusal", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_why_and_what_to_do(tenant: Tenant) -> None:
    ask(f"Bearer {make_key(tenant, 'audit:read').secret}")

    text = told("mine")

    assert "does not carry the scope" in text
    assert "Add the scope to the key" in text
    assert "files:read" in text
    (line,) = told("mine", "--json").splitlines()
    assert json.loads(line)["reason"] == "scope"


def test_the_command_says_so_when_nothing_is_kept(db: None) -> None:
    with pytest.raises(CommandError, match="nothing is kept of a refused request other"):
        told("other")


def test_several_requests_of_one_id_are_all_found(tenant: Tenant) -> None:
    ask("Basic x")
    ask("")

    assert [one.reason for one in refusals_of(" mine ")] == [Reason.NONE, Reason.MALFORMED]
