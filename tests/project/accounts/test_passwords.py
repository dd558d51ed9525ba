"""Passwords: long and not to be guessed, of any characters, and never asked to be changed."""

from datetime import timedelta

import pytest
from django.conf import global_settings, settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from kernel import clock
from kernel.identity.models import Tenant
from kernel.identity.scopes import Role
from kernel.identity.services import admit

OLD, NEW = "correct horse 7", "battery staple 8"


def member(tenant: Tenant, password: str = OLD) -> User:
    user = User.objects.create_user("adalovelace", "ada@engines.example", password)
    admit(user=user, tenant=tenant, role=Role.EDITOR)
    return user


def signs_in(password: str) -> bool:
    answer = Client().post("/sign-in/", {"login": "adalovelace", "password": password})
    return answer.status_code == 302


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short one 7", "password_too_short"),
        ("qwertyuiop123", "password_too_common"),
        ("1q2w3e4r5t6y", "password_too_common"),
        ("Septet-Admin-2026", "password_of_known_words"),
        ("schedulerfilesaudit", "password_of_known_words"),
        ("AdaLovelace-1815", "password_of_known_words"),
        ("ada engines.example", "password_of_known_words"),
    ],
)
def test_a_password_that_others_guess_is_refused(password: str, code: str) -> None:
    user = User(username="adalovelace", email="ada@engines.example")

    with pytest.raises(ValidationError) as refused:
        validate_password(password, user)

    assert code in {error.code for error in refused.value.error_list}


@pytest.mark.parametrize(
    "password",
    [
        "onlylowercaseletters",
        "ONLYUPPERCASELETTERS",
        "830174652908",
        "ünïcödé ís fïné 日本",
        " spaces around it  ",
        "long " * 26,
    ],
)
@pytest.mark.django_db
def test_a_password_of_any_characters_is_taken(tenant: Tenant, password: str) -> None:
    validate_password(password, User(username="adalovelace"))
    member(tenant, password)

    assert signs_in(password)


@pytest.mark.parametrize(
    "other", ["Correct horse 7", " correct horse 7", "correct horse 7 ", "correct horse"]
)
@pytest.mark.django_db
def test_a_password_is_compared_exactly_as_it_was_sent(tenant: Tenant, other: str) -> None:
    member(tenant)

    assert not signs_in(other)
    assert signs_in(OLD)


def test_a_password_of_years_ago_still_opens(tenant: Tenant) -> None:
    user = member(tenant)
    long_ago = clock.now() - timedelta(days=4000)
    User.objects.filter(pk=user.pk).update(date_joined=long_ago, last_login=long_ago)

    assert signs_in(OLD)


def test_a_change_takes_the_old_password(tenant: Tenant) -> None:
    browser = Client()
    browser.force_login(member(tenant), backend=settings.AUTHENTICATION_BACKENDS[0])
    new = {"password1": NEW, "password2": NEW}

    browser.post("/account/password/", {"oldpassword": "wrong horse 7"} | new)
    assert not signs_in(NEW)
    browser.post("/account/password/", {"oldpassword": OLD} | new)

    assert signs_in(NEW)


def test_password_fields_hide_what_is_typed_and_let_managers_help(tenant: Tenant) -> None:
    browser = Client()
    sign_in = browser.get("/sign-in/").text
    browser.force_login(member(tenant), backend=settings.AUTHENTICATION_BACKENDS[0])
    change = browser.get("/account/password/").text

    for page, kinds in ((sign_in, ["current"]), (change, ["current", "new", "new"])):
        assert page.count('type="password"') == len(kinds)
        for kind in kinds:
            assert f'autocomplete="{kind}-password"' in page
        assert "onpaste" not in page
        assert "maxlength" not in page.partition('type="password"')[2].partition(">")[0]


def test_the_sign_in_asks_for_a_name_and_a_password(client: Client) -> None:
    form = client.get("/sign-in/").context["form"]

    # Neither a hint nor a question with a secret answer.
    assert {*form.fields} <= {"login", "password", "remember"}


def test_passwords_are_stored_by_a_slow_hash() -> None:
    # Tests replace the list by a fast one; without them it is Django's own.
    assert (
        "PASSWORD_HASHERS" not in (settings.BASE_DIR / "platform/project/settings.py").read_text()
    )
    assert global_settings.PASSWORD_HASHERS[0].endswith(".PBKDF2PasswordHasher")
    assert PBKDF2PasswordHasher.algorithm == "pbkdf2_sha256"
    assert PBKDF2PasswordHasher.iterations >= 600_000
