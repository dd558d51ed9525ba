"""Credentials: what opens what, and what is remembered of them."""

from datetime import timedelta

import pytest
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from kernel import clock
from kernel.errors import InvalidInputError, UnauthenticatedError
from kernel.identity.authentication import authenticate
from kernel.identity.keys import KeyText
from kernel.identity.last_used import last_uses
from kernel.identity.models import ApiKey, Tenant
from kernel.identity.services import issue_key
from kernel.tenancy.context import Principal
from kernel.testing.tenants import make_key


def ask(authorization: str) -> Principal | None:
    return authenticate(RequestFactory().get("/", headers={"Authorization": authorization}))


def test_a_key_speaks_for_its_tenant_with_its_scopes(tenant: Tenant) -> None:
    credential = make_key(tenant, "audit:read")

    principal = ask(f"Bearer {credential.secret}")

    assert principal == Principal(
        kind="key",
        id=credential.key.pk,
        name="test",
        tenant_id=tenant.pk,
        scopes=frozenset({"audit:read"}),
    )


def test_a_key_is_not_in_the_database(tenant: Tenant) -> None:
    credential = make_key(tenant)
    secret = credential.secret.split("_")[3][:64]

    stored = ApiKey.objects.values().get(pk=credential.key.pk)

    assert secret not in str(stored)
    assert secret.encode() not in bytes(stored["secret_sha256"])


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic {secret}",
        "{secret}",
        "Bearer {secret} ",
        "Bearer  {secret}",
        "Bearer {secret}\x00",
        f"Bearer {KeyText.new('test')}",
        f"Bearer {KeyText.new('live')}",
    ],
)
def test_what_is_no_key_of_ours_is_refused_without_a_hint(tenant: Tenant, header: str) -> None:
    secret = make_key(tenant).secret

    with pytest.raises(UnauthenticatedError) as caught:
        ask(header.format(secret=secret))

    assert secret not in str(caught.value)


def test_the_last_use_is_written_at_most_once_a_minute_and_by_no_request(
    tenant: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    credential = make_key(tenant)
    start = clock.now()
    seen = []
    for seconds in (0, 30, 61):
        moment = start + timedelta(seconds=seconds)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        with django_assert_num_queries(1) as asked:
            ask(f"Bearer {credential.secret}")
        assert asked[0]["sql"].startswith("SELECT")
        last_uses.write()
        credential.key.refresh_from_db()
        seen.append(credential.key.last_used_at)

    assert seen == [start, start, start + timedelta(seconds=61)]


def test_a_use_that_another_process_wrote_a_moment_ago_stays(tenant: Tenant) -> None:
    credential = make_key(tenant)
    now = clock.now()
    last_uses.note(credential.key, now)
    elsewhere = now - timedelta(seconds=30)
    ApiKey.objects.update(last_used_at=elsewhere)

    last_uses.write()

    credential.key.refresh_from_db()
    assert credential.key.last_used_at == elsewhere


@pytest.mark.parametrize(
    "scope",
    ["", "audit", "audit:", ":read", "Audit:read", "audit:read ", "**", "audit:fly", "x:read"],
)
def test_a_scope_that_there_is_not_is_refused(tenant: Tenant, scope: str) -> None:
    with pytest.raises(InvalidInputError, match="a scope reads"):
        issue_key(tenant=tenant, name="x", scopes=[scope])

    assert ApiKey.objects.count() == 0
