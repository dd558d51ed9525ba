"""Sessions: found by nobody but their browser, ended by time and by hand."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel.identity.models import Session, Tenant
from kernel.identity.sessions import SessionStore, digest, end_sessions, sessions_in, sessions_of
from kernel.identity.upkeep import clear_sign_ins
from tests.kernel.jobs.factories import MovableClock

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"


@pytest.fixture(autouse=True)
def _lifetimes(settings: LazySettings) -> None:
    settings.SESSION_IDLE_TIMEOUT = timedelta(hours=1)
    settings.SESSION_LIFETIME = timedelta(hours=24)


@pytest.fixture
def ada() -> User:
    """Somebody who signs in."""
    return User.objects.create_user("ada")


def signed_in(user: User, **session: Any) -> Client:
    browser = Client(headers={"user-agent": FIREFOX})
    browser.force_login(user)
    if session:
        changed = browser.session
        changed.update(session)
        changed.save()
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/account/sessions/").status_code == 200


def test_the_table_does_not_hold_what_the_browser_holds(ada: User) -> None:
    key = signed_in(ada).session.session_key
    assert key

    row = Session.objects.get()

    assert row.pk == digest(key)
    assert key not in "".join(str(value) for value in vars(row).values())


def test_a_session_tells_who_is_there_and_by_what(ada: User, tenant: Tenant) -> None:
    browser = signed_in(ada, tenant_id=str(tenant.pk))
    session = browser.session
    assert isinstance(session, SessionStore)
    session.address, session.user_agent = "192.0.2.1", FIREFOX
    session.save()

    (row,) = sessions_in(tenant)

    assert (row.user, row.address, str(row)) == (ada, "192.0.2.1", "ada by Firefox on Linux")


def test_a_session_that_nobody_uses_ends(ada: User, moved: MovableClock) -> None:
    browser = signed_in(ada)
    for _ in range(3):
        moved.by(minutes=59)
        assert is_in(browser)

    moved.by(minutes=60)

    assert not is_in(browser)


def test_a_session_ends_a_day_after_the_sign_in_however_much_it_is_used(
    ada: User, moved: MovableClock
) -> None:
    browser = signed_in(ada)
    for _ in range(47):
        moved.by(minutes=30)
        assert is_in(browser)
    session = browser.session
    session.cycle_key()
    session.save()

    moved.by(minutes=30)

    assert not SessionStore(session.session_key).load()


def test_a_use_is_written_down_once_a_minute(ada: User, moved: MovableClock) -> None:
    browser = signed_in(ada)
    browser.get("/account/sessions/")
    moved.by(seconds=59)
    with CaptureQueriesContext(connection) as soon:
        browser.get("/account/sessions/")
    moved.by(seconds=1)
    with CaptureQueriesContext(connection) as later:
        browser.get("/account/sessions/")

    written = [
        [query["sql"].split()[0] for query in queries if "UPDATE" in query["sql"]]
        for queries in (soon, later)
    ]
    assert written == [[], ["UPDATE"]]
    assert Session.objects.get().last_seen_at == moved.now


def test_an_ended_session_is_nobodys_at_once_and_the_others_go_on(ada: User) -> None:
    one, other = signed_in(ada), signed_in(ada)

    ended = end_sessions(sessions_of(ada).filter(pk=digest(one.session.session_key)), reason="test")

    assert (ended, is_in(one), is_in(other)) == (1, False, True)


@pytest.mark.parametrize("chosen", ["\0", "nobody", "' OR 1=1 --"])
def test_what_is_no_session_of_ones_own_ends_none(ada: User, chosen: str) -> None:
    one, other = signed_in(ada), signed_in(ada)

    answer = one.post("/account/sessions/", {"session": chosen})

    assert answer.status_code == 302
    assert (is_in(one), is_in(other)) == (True, True)


def test_what_an_ended_session_still_wants_to_keep_is_lost(ada: User) -> None:
    browser = signed_in(ada)
    session = browser.session
    end_sessions(sessions_of(ada), reason="test")

    with pytest.raises(UpdateError):
        session.save()

    assert not Session.objects.exists()


def test_who_is_deactivated_is_nobody(ada: User) -> None:
    browser = signed_in(ada)
    ada.is_active = False
    ada.save()

    assert not is_in(browser)


def test_sessions_that_ended_by_time_are_tidied_up(ada: User, moved: MovableClock) -> None:
    signed_in(ada)
    moved.by(minutes=30)
    young = signed_in(ada)
    moved.by(minutes=31)

    clear_sign_ins("")

    assert [row.pk for row in Session.objects.all()] == [digest(young.session.session_key)]
