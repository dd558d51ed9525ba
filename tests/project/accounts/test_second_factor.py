"""Second factors: set up with the password at hand, asked for at each sign-in, replaceable."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client

from kernel.identity.models import Session
from kernel.identity.scopes import Role
from kernel.identity.services import admit
from kernel.testing.tenants import make_tenant

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse 7"
APP = "/account/second-factor/app/"


@pytest.fixture
def root(db: None) -> User:
    """Staff."""
    return User.objects.create_superuser("root", "root@example.com", PASSWORD)


def browser_of(user: User) -> Client:
    browser = Client()
    browser.post("/sign-in/", {"login": user.username, "password": PASSWORD})
    return browser


def code_for(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    code: str = format_hotp_value(hotp_value(secret, counter))
    return code


def set_up(browser: Client) -> tuple[str, list[str]]:
    """Set up an authenticator app; return its secret and the recovery codes."""
    asked = browser.get(APP)
    browser.post(asked["Location"], {"password": PASSWORD})
    found = re.search(r'id="authenticator_secret" value="(\w+)"', browser.get(APP).text)
    assert found
    done = browser.post(APP, {"code": code_for(found[1])})
    codes = re.search(r'id="recovery_codes"[^>]*>([\d\s]+)<', browser.get(done["Location"]).text)
    assert codes
    return found[1], codes[1].split()


def test_it_takes_the_password_to_set_one_up(root: User) -> None:
    browser = browser_of(root)

    asked = browser.get(APP)

    assert (asked.status_code, asked["Location"].partition("?")[0]) == (302, "/account/confirm/")
    assert not Authenticator.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_app_is_asked_for_from_then_on_and_its_owner_is_told(root: User) -> None:
    secret, _ = set_up(browser_of(root))
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["root@example.com"], "Authenticator App Activated"),
    ]
    browser = Client()

    answer = browser.post(
        "/sign-in/", {"login": "root", "password": PASSWORD, "next": "/admin/jobs/job/"}
    )

    assert answer["Location"] == "/sign-in/code/"
    assert browser.get("/tenant/").status_code == 302
    wrong = browser.post("/sign-in/code/", {"code": "000000"})
    assert "Incorrect code" in wrong.text
    assert browser.post("/sign-in/code/", {"code": code_for(secret)})["Location"] == (
        "/admin/jobs/job/"
    )
    assert browser.get("/admin/jobs/job/").status_code == 200


def test_a_code_works_once(root: User) -> None:
    secret, _ = set_up(browser_of(root))
    code = code_for(secret)

    answers = []
    for _ in range(2):
        browser = Client()
        browser.post("/sign-in/", {"login": "root", "password": PASSWORD})
        answers.append(browser.post("/sign-in/code/", {"code": code}).status_code)

    assert answers == [302, 200]


def test_codes_are_not_guessed(root: User) -> None:
    secret, _ = set_up(browser_of(root))
    browser = Client()
    browser.post("/sign-in/", {"login": "root", "password": PASSWORD})
    for _ in range(5):
        browser.post("/sign-in/code/", {"code": "000000"})

    answer = browser.post("/sign-in/code/", {"code": code_for(secret)})

    assert "Too many failed login attempts" in answer.text
    assert Session.objects.filter(user=root).count() == 1


def test_a_recovery_code_replaces_the_app_once(root: User) -> None:
    _, codes = set_up(browser_of(root))
    assert len(codes) == 10

    answers = []
    for _ in range(2):
        browser = Client()
        browser.post("/sign-in/", {"login": "root", "password": PASSWORD})
        answers.append(browser.post("/sign-in/code/", {"code": codes[0]}).status_code)

    assert answers == [302, 200]


def test_recovery_codes_are_shown_once(root: User) -> None:
    browser = browser_of(root)
    _, codes = set_up(browser)

    page = browser.get("/account/second-factor/codes/").text

    assert not [code for code in codes if code in page]


def test_seeds_are_encrypted_in_the_database(root: User) -> None:
    secret, codes = set_up(browser_of(root))

    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        stored = " ".join(str(data) for (data,) in cursor.fetchall())

    assert stored
    assert not [one for one in (secret, *codes) if one in stored]


def test_with_one_set_up_staff_enter_where_it_is_required(
    root: User, settings: LazySettings
) -> None:
    settings.STAFF_SECOND_FACTOR = True
    browser = browser_of(root)
    assert browser.get("/admin/jobs/job/").status_code == 302

    set_up(browser)

    assert browser.get("/admin/jobs/job/").status_code == 200


def test_staff_remove_the_second_factors_of_who_has_lost_them(root: User) -> None:
    ada = User.objects.create_user("ada", "ada@example.com", PASSWORD)
    set_up(browser_of(ada))
    set_up(browser_of(root))
    secret = Authenticator.objects.filter(user=root, type="totp").get().wrap()
    browser = Client()
    browser.force_login(root)
    assert secret

    chosen = {"action": "remove_second_factors", "_selected_action": [ada.pk], "confirmed": "1"}
    browser.post("/admin/auth/user/", chosen)

    assert not Authenticator.objects.filter(user=ada).exists()
    assert Authenticator.objects.filter(user=root).exists()
    assert browser_of(ada).get("/tenant/").status_code == 200


def test_staff_who_change_their_own_role_go_on_under_a_new_key(root: User) -> None:
    tenant = make_tenant()
    membership = admit(user=root, tenant=tenant, role=Role.EDITOR)
    browser = browser_of(root)
    before = browser.cookies["sessionid"].value

    path = f"/admin/identity/membership/{membership.pk}/change/"
    browser.post(path, {"role": "viewer", "extra_scopes": "[]"})

    membership.refresh_from_db()
    assert membership.role == Role.VIEWER
    assert browser.get("/admin/").status_code == 200
    assert browser.cookies["sessionid"].value != before


def test_a_password_that_staff_set_ends_its_owners_sessions(root: User) -> None:
    ada = User.objects.create_user("ada", "ada@example.com", PASSWORD)
    browser_of(ada)
    browser = browser_of(root)
    new = {"password1": "a new 9 horses", "password2": "a new 9 horses", "usable_password": "true"}

    for person in (ada, root):
        answer = browser.post(f"/admin/auth/user/{person.pk}/password/", new)
        assert answer.status_code == 302

    assert not Session.objects.filter(user=ada).exists()
    assert browser.get("/admin/").status_code == 200


def test_the_back_office_has_no_page_of_its_own_to_change_a_password(root: User) -> None:
    answer = browser_of(root).get("/admin/password_change/")

    assert (answer.status_code, answer["Location"]) == (302, "/account/password/")


def test_a_deactivated_person_is_signed_out_by_staff(root: User) -> None:
    ada = User.objects.create_user("ada", "ada@example.com", PASSWORD)
    browser_of(ada)
    browser = Client()
    browser.force_login(root)
    page = browser.get(f"/admin/auth/user/{ada.pk}/change/").text
    fields = dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', page))
    fields = {name: value for name, value in fields.items() if name != "is_active"}

    answer = browser.post(f"/admin/auth/user/{ada.pk}/change/", fields | {"username": "ada"})

    assert answer.status_code == 302
    ada.refresh_from_db()
    assert not ada.is_active
    assert not Session.objects.filter(user=ada).exists()
