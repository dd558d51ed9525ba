"""Sessions and memberships that are remembered: fewer queries, and nobody is in who is out."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import transaction
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from kernel.cache.namespaces import Namespace
from kernel.cache.tracking import OverRedis
from kernel.identity import recent_sessions
from kernel.identity.authentication import SESSION_TENANT, authenticate
from kernel.identity.models import Membership, Tenant
from kernel.identity.reasons import SessionRefusedError
from kernel.identity.recent_sessions import MEMBERS, SESSIONS
from kernel.identity.scopes import Role
from kernel.identity.services import admit, remove_member
from kernel.identity.sessions import SessionStore, digest, end_sessions, sessions_of
from kernel.tenancy.context import ALL_SCOPES
from kernel.testing.tenants import make_tenant
from tests.kernel.cache.conftest import make
from tests.kernel.cache.waiting import eventually
from tests.kernel.jobs.factories import MovableClock
from tests.kernel.redis.conftest import Kind, own_redis, url_of

__all__ = ["make", "own_redis"]

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., Namespace[Any]]


@pytest.fixture(autouse=True)
def _remembered(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.SESSION_CACHE = True
    # However slow the machine is, a test ends before what it remembers does.
    monkeypatch.setattr("kernel.cache.hub.UNTOLD_SECONDS", 600.0)
    for one in (SESSIONS, MEMBERS):
        monkeypatch.setattr(one, "ttl_seconds", 600.0)
        one.memory.clear()
    yield
    for one in (SESSIONS, MEMBERS):
        one.memory.clear()


@pytest.fixture
def ada(tenant: Tenant) -> User:
    user = User.objects.create_user("ada")
    admit(user=user, tenant=tenant, role=Role.OWNER)
    return user


def session_of(user: User, tenant: Tenant | None = None) -> str:
    """Sign somebody in, and return the key that the browser holds."""
    store = SessionStore()
    store["_auth_user_id"] = str(user.pk)
    if tenant is not None:
        store[SESSION_TENANT] = str(tenant.pk)
    store.save()
    assert store.session_key
    return store.session_key


def scopes(user: User, key: str) -> frozenset[str]:
    """Return what a request with this session may do; SessionRefusedError."""
    request = RequestFactory().get("/")
    request.user, request.session = user, SessionStore(key)
    found = authenticate(request)
    assert found is not None
    assert found.name == user.username
    return found.scopes


def is_in(key: str) -> bool:
    return bool(SessionStore(key).load())


@pytest.mark.parametrize(("cached", "queries"), [(True, 0), (False, 2)])
def test_a_signed_in_request_asks_nothing_that_was_asked_a_moment_ago(
    ada: User,
    settings: LazySettings,
    django_assert_num_queries: DjangoAssertNumQueries,
    cached: bool,
    queries: int,
) -> None:
    settings.SESSION_CACHE = cached
    key = session_of(ada)
    before = scopes(ada, key)

    with django_assert_num_queries(queries):
        assert scopes(ada, key) == before


def test_an_ended_session_is_nobodys_from_then_on(ada: User) -> None:
    ended, signed_out, other = (session_of(ada) for _ in range(3))
    assert all(map(is_in, (ended, signed_out, other)))

    with transaction.atomic():
        SessionStore(signed_out).delete()
        assert not is_in(signed_out)
    end_sessions(sessions_of(ada).exclude(pk=digest(other)), reason="by_owner")

    assert [is_in(key) for key in (ended, signed_out, other)] == [False, False, True]


def test_what_a_session_holds_is_what_was_saved_last(ada: User, tenant: Tenant) -> None:
    key = session_of(ada)
    assert SESSION_TENANT not in SessionStore(key).load()

    store = SessionStore(key)
    store[SESSION_TENANT] = str(tenant.pk)
    store.save()
    # Each has its own copy of it.
    SessionStore(key).load()["other"] = 1

    assert SessionStore(key).load()[SESSION_TENANT] == str(tenant.pk)
    assert "other" not in SessionStore(key).load()


def test_a_remembered_session_ends_by_time_like_any_other(ada: User, moved: MovableClock) -> None:
    key = session_of(ada)
    assert is_in(key)

    moved.by(hours=25)

    assert not is_in(key)


def test_a_use_is_written_down_and_seen(ada: User, moved: MovableClock) -> None:
    key = session_of(ada)
    for _ in range(3):
        moved.by(minutes=59)
        assert is_in(key)


def test_a_membership_that_changes_or_ends_is_seen_at_once(ada: User, tenant: Tenant) -> None:
    bob = User.objects.create_user("bob")
    membership = admit(user=bob, tenant=tenant, role=Role.VIEWER)
    key = session_of(bob)
    as_viewer = scopes(bob, key)

    admit(user=bob, tenant=tenant, role=Role.EDITOR)
    assert scopes(bob, key) > as_viewer

    remove_member(membership=Membership.objects.get(pk=membership.pk))
    with pytest.raises(SessionRefusedError):
        scopes(bob, key)


def test_who_works_in_another_tenant_may_do_what_they_may_there(ada: User, tenant: Tenant) -> None:
    other = make_tenant("zebra")
    admit(user=User.objects.create_user("owner"), tenant=other, role=Role.OWNER)
    admit(user=ada, tenant=other, role=Role.VIEWER)
    here, there = session_of(ada, tenant), session_of(ada, other)

    for _ in range(2):
        assert ALL_SCOPES in scopes(ada, here)
        assert ALL_SCOPES not in scopes(ada, there)


@pytest.mark.live
def test_sessions_outlive_redis_and_none_comes_back_with_it(
    ada: User, own_redis: Any, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = Kind("single", url_of("single", own_redis), own_redis)
    said = {"name": SESSIONS.name, "codec": SESSIONS.codec, "ttl": SESSIONS.ttl, "absent": False}
    here, elsewhere = make(OverRedis(kind.url), **said), make(OverRedis(kind.url), **said)

    def at(process: Namespace[Any], key: str) -> bool:
        monkeypatch.setattr(recent_sessions, "SESSIONS", process)
        return is_in(key)

    stays, ends = session_of(ada), session_of(ada)
    assert all(at(process, key) for process in (here, elsewhere) for key in (stays, ends))
    # The second process found them in Redis.
    assert elsewhere.counted.hits_in_redis == 2

    kind.kill_master()
    try:
        assert all(at(process, stays) for process in (here, elsewhere))
        monkeypatch.setattr(recent_sessions, "SESSIONS", here)
        SessionStore(ends).delete()
        assert not at(here, ends)
    finally:
        kind.start_again()

    # Its append-only file brought back what Redis held.
    eventually(lambda: here._hub.live and elsewhere._hub.live)
    eventually(lambda: not at(elsewhere, ends))
    assert not at(here, ends)
    assert all(at(process, stays) for process in (here, elsewhere))
