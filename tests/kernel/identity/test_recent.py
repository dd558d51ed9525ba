"""Keys are asked of the database once a second, and what is revoked here opens nothing at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from kernel.errors import UnauthenticatedError
from kernel.identity.authentication import authenticate
from kernel.identity.keys import KeyText
from kernel.identity.models import ApiKey, Tenant
from kernel.identity.reasons import CredentialRefusedError, Reason
from kernel.identity.recent import KEYS, recent_keys
from kernel.identity.services import revoke_key
from kernel.testing.tenants import make_key

pytestmark = pytest.mark.django_db(transaction=True)


class Clock:
    """A monotonic clock that the test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(KEYS, "ttl_seconds", 1.0)
    monkeypatch.setattr("kernel.cache.namespaces.time.monotonic", made)
    return made


def ask(secret: str) -> None:
    authenticate(RequestFactory().get("/", headers={"Authorization": f"Bearer {secret}"}))


def test_a_key_is_read_once_a_second(
    tenant: Tenant, clock: Clock, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    secret = make_key(tenant).secret
    ask(secret)

    with django_assert_num_queries(0):
        clock.now += 0.8
        ask(secret)
    with django_assert_num_queries(1):
        clock.now += 0.3
        ask(secret)


def test_what_is_revoked_here_opens_nothing_from_the_commit_on(
    tenant: Tenant, clock: Clock
) -> None:
    credential = make_key(tenant)
    ask(credential.secret)

    with transaction.atomic():
        revoke_key(key_id=credential.key.pk)
        with ThreadPoolExecutor(1) as others:
            others.submit(ask, credential.secret).result()

    with pytest.raises(UnauthenticatedError):
        ask(credential.secret)


def test_what_is_revoked_elsewhere_opens_nothing_after_a_second(
    tenant: Tenant, clock: Clock
) -> None:
    credential = make_key(tenant)
    ask(credential.secret)

    ApiKey.objects.filter(pk=credential.key.pk).update(revoked_at="2026-01-01T00:00:00Z")

    ask(credential.secret)
    clock.now += 1.0
    with pytest.raises(UnauthenticatedError):
        ask(credential.secret)


def test_a_key_that_is_believed_still_needs_its_secret(tenant: Tenant, clock: Clock) -> None:
    credential = make_key(tenant)
    ask(credential.secret)

    with pytest.raises(CredentialRefusedError) as caught:
        ask(str(KeyText.new("test", credential.key.pk)))

    assert caught.value.reason == Reason.UNKNOWN_KEY


def test_a_change_of_the_tenant_is_seen_at_once_where_it_is_told(
    tenant: Tenant, clock: Clock
) -> None:
    secret = make_key(tenant).secret
    ask(secret)

    Tenant.objects.filter(pk=tenant.pk).update(suspended_at="2026-01-01T00:00:00Z")
    recent_keys.forget_all()

    with pytest.raises(UnauthenticatedError):
        ask(secret)
