"""The sign-in: one for portal and back office, which tells strangers nothing."""

import re
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import caches
from django.test import Client

from contracts.identity import SignedIn, SignInFailed
from kernel.identity.models import Lockout, Session, Tenant
from kernel.identity.scopes import Role
from kernel.identity.services import admit
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse 7"
SIGN_IN = "/sign-in/"


@pytest.fixture
def ada(tenant: Tenant) -> User:
    """A member of the tenant."""
    user = User.objects.create_user("ada", "ada@example.com", PASSWORD)
    admit(user=user, tenant=tenant, role=Role.EDITOR)
    return user


def sign_in(browser: Client, login: str, password: str = PASSWORD, **more: str) -> tuple[int, str]:
    answer = browser.post(SIGN_IN, {"login": login, "password": password} | more)
    return answer.status_code, answer.headers.get("Location", "")


@pytest.mark.parametrize("login", ["ada", "ada@example.com", "Ada@Example.com"])
def test_a_member_signs_in_by_name_or_address_and_works_in_the_tenant(
    ada: User, tenant: Tenant, login: str
) -> None:
    browser = Client()

    assert sign_in(browser, login) == (302, "/tenant/")

    row = Session.objects.get()
    assert (row.user, row.tenant) == (ada, tenant)
    assert tenant.name in browser.get("/tenant/").text


def test_signing_in_gives_the_session_another_key(ada: User) -> None:
    browser = Client()
    browser.get(SIGN_IN)
    before = browser.session
    before["seen"] = True
    before.save()
    browser.cookies["sessionid"] = before.session_key or ""

    sign_in(browser, "ada")

    assert browser.cookies["sessionid"].value not in {"", before.session_key}
    assert not before.exists(before.session_key or "")


@pytest.mark.parametrize(
    ("login", "password"),
    [("ada", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD)],
)
def test_a_wrong_password_an_unknown_name_and_a_deactivated_person_are_told_the_same(
    ada: User, login: str, password: str
) -> None:
    User.objects.create_user("gone", password=PASSWORD, is_active=False)

    answer = Client().post(SIGN_IN, {"login": login, "password": password})

    said = re.findall(r'role="alert">([^<]*)', answer.text)
    if login == "gone":
        # The password is right, so its owner may know.
        assert (answer.status_code, answer["Location"]) == (302, "/sign-in/inactive/")
    else:
        assert said == ["The username and/or password you specified are not correct."]
    assert not Session.objects.filter(user__isnull=False).exists()


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_after_too_many_wrong_passwords_not_even_the_right_one_helps(
    ada: User, settings: LazySettings, name: str
) -> None:
    settings.SIGN_IN_FAILURES = 3
    for _ in range(3):
        sign_in(Client(), name, "wrong")

    answer = Client().post(SIGN_IN, {"login": name, "password": PASSWORD})

    assert "Too many failed login attempts" in answer.text
    assert Lockout.objects.get().name == name


def test_the_right_password_before_that_begins_the_count_anew(
    ada: User, settings: LazySettings
) -> None:
    settings.SIGN_IN_FAILURES = 3
    for password in ("wrong", "wrong", PASSWORD, "wrong", "wrong"):
        sign_in(Client(), "ada", password)

    assert sign_in(Client(), "ada") == (302, "/tenant/")


def test_attempts_from_one_address_are_counted_over_all_processes(ada: User) -> None:
    for number in range(30):
        sign_in(Client(), f"nobody-{number}", "wrong")
    # What another process does not have.
    caches["values"].clear()

    status, _ = sign_in(Client(), "ada")

    assert status == 429
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7"), "ada") == (302, "/tenant/")


@pytest.mark.parametrize(
    ("next_", "leads_to"),
    [
        ("/admin/audit/", "/admin/audit/"),
        ("https://evil.example/", "/tenant/"),
        ("//evil.example/", "/tenant/"),
        ("https:evil.example", "/tenant/"),
        ("javascript:alert(1)", "/tenant/"),
        ("/\\evil.example", "/tenant/"),
        ("https://other.test/", "/tenant/"),
    ],
)
def test_the_way_on_stays_on_this_site(
    ada: User, settings: LazySettings, next_: str, leads_to: str
) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "other.test"]

    assert sign_in(Client(), "ada", next=next_) == (302, leads_to)


def test_a_form_of_another_site_signs_nobody_in(ada: User) -> None:
    browser = Client(enforce_csrf_checks=True)

    assert sign_in(browser, "ada")[0] == 403


def test_signing_out_takes_a_post_and_ends_the_session(ada: User) -> None:
    browser = Client()
    sign_in(browser, "ada")
    browser.get("/sign-out/")
    assert Session.objects.count() == 1

    answer = browser.post("/sign-out/")

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert not Session.objects.filter(user=ada).exists()


@pytest.mark.parametrize(
    "path",
    [
        "/sign-in/",
        "/tenant/",
        "/account/password/",
        "/account/second-factor/",
        "/account/sessions/",
    ],
)
def test_no_cache_keeps_a_page_of_a_person(ada: User, path: str) -> None:
    browser = Client()
    if path != SIGN_IN:
        browser.force_login(ada)

    answer = browser.get(path)

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("path", ["/tenant/", "/account/password/", "/account/sessions/"])
def test_a_stranger_is_sent_to_the_sign_in_and_back(path: str) -> None:
    answer = Client().get(path)

    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in/?next={path}")


def test_nobody_signs_up() -> None:
    page = Client().get("/sign-in/no-account/")

    assert "by invitation" in page.text.lower()
    assert Client().post("/sign-in/no-account/", {"email": "x@example.com"}).status_code == 405


# --- Passwords ------------------------------------------------------------------------------------


def link_in_mail() -> str:
    (message,) = mail.outbox
    found = re.search(r"http://testserver(\S+)", str(message.body))
    assert found
    return found[1]


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(
    ada: User, settings: LazySettings
) -> None:
    settings.SIGN_IN_FAILURES = 1
    elsewhere = Client()
    elsewhere.force_login(ada)
    sign_in(Client(), "ada", "wrong")
    browser = Client()
    browser.post("/account/password/reset/", {"email": "ada@example.com"})
    link = link_in_mail()
    asked = browser.get(link)
    assert asked["Referrer-Policy"] == "same-origin"
    form = asked["Location"]

    done = browser.post(form, {"password1": "another 8 horses", "password2": "another 8 horses"})

    assert done["Location"] == "/account/password/reset/done/"
    assert not Session.objects.filter(user=ada).exists()
    assert elsewhere.get("/tenant/").status_code == 302
    assert sign_in(Client(), "ada", "another 8 horses") == (302, "/tenant/")
    assert "already been used" in Client().get(link).text


def test_an_unknown_address_is_answered_like_a_known_one(ada: User) -> None:
    known, unknown = (
        Client().post("/account/password/reset/", {"email": email})
        for email in ("ada@example.com", "nobody@example.com")
    )

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [message.to for message in mail.outbox] == [["ada@example.com"], ["nobody@example.com"]]
    assert "/account/" not in str(mail.outbox[1].body)


def test_a_mail_that_cannot_be_sent_tells_nothing(
    ada: User, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    answer = Client().post("/account/password/reset/", {"email": "ada@example.com"})

    assert (answer.status_code, answer["Location"]) == (302, "/account/password/reset/sent/")
    assert "account/email/password_reset_key could not be sent" in caplog.text


def test_changing_the_password_ends_every_other_session(ada: User) -> None:
    here, there = Client(), Client()
    sign_in(here, "ada")
    sign_in(there, "ada")
    before = here.cookies["sessionid"].value

    here.post(
        "/account/password/",
        {"oldpassword": PASSWORD, "password1": "a new 9 horses", "password2": "a new 9 horses"},
    )

    assert here.get("/tenant/").status_code == 200
    assert here.cookies["sessionid"].value != before
    assert there.get("/tenant/").status_code == 302
    assert Session.objects.filter(user=ada).count() == 1


# --- The back office ------------------------------------------------------------------------------


@pytest.fixture
def staff(tenant: Tenant) -> User:
    """Somebody who may enter the back office."""
    return User.objects.create_superuser("root", password=PASSWORD)


def test_the_back_office_has_the_same_sign_in_and_leads_to_where_one_wanted(staff: User) -> None:
    browser = Client()
    asked = browser.get("/admin/audit/auditlog/", follow=True)
    assert asked.redirect_chain[-1] == ("/sign-in/?next=/admin/audit/auditlog/", 302)

    assert sign_in(browser, "root", next="/admin/audit/auditlog/")[1] == "/admin/audit/auditlog/"

    assert browser.get("/admin/audit/auditlog/").status_code == 200


def test_a_member_who_is_not_staff_is_told_so(ada: User) -> None:
    browser = Client()
    browser.force_login(ada)

    answer = browser.get("/admin/", follow=True)

    assert answer.status_code == 403
    assert "This is not for you." in answer.text


def test_where_staff_need_a_second_factor_they_are_led_to_set_one_up(
    staff: User, settings: LazySettings
) -> None:
    settings.STAFF_SECOND_FACTOR = True
    browser = Client()
    sign_in(browser, "root")

    answer = browser.get("/admin/", follow=True)

    assert answer.redirect_chain[-1] == ("/account/second-factor/", 302)
    assert "Staff need a second factor" in answer.text
    assert browser.get("/admin/jobs/job/").status_code == 302


def test_nobody_is_asked_for_a_second_factor_where_none_is_required(staff: User) -> None:
    browser = Client()
    sign_in(browser, "root")

    assert browser.get("/admin/").status_code == 200


# --- Sessions -------------------------------------------------------------------------------------


def test_one_sees_where_one_is_signed_in_and_ends_it(ada: User) -> None:
    here, there, third = Client(), Client(), Client()
    for browser in (here, there, third):
        sign_in(browser, "ada")
    other = Client()
    other.force_login(User.objects.create_user("grace"))
    ids = re.findall(r'name="session" value="(\w+)"', here.get("/account/sessions/").text)
    assert len(ids) == 2

    here.post("/account/sessions/", {"session": ids[0]})
    assert Session.objects.filter(user=ada).count() == 2
    here.post("/account/sessions/", {})

    assert [browser.get("/tenant/").status_code for browser in (here, there, third, other)] == [
        200,
        302,
        302,
        200,
    ]


def test_nobody_ends_the_session_of_another(ada: User) -> None:
    grace = Client()
    grace.force_login(User.objects.create_user("grace"))
    target = Session.objects.get().pk
    browser = Client()
    sign_in(browser, "ada")

    browser.post("/account/sessions/", {"session": target})

    assert Session.objects.filter(pk=target).exists()


def test_a_session_ends_after_its_time(ada: User, settings: LazySettings) -> None:
    settings.SESSION_IDLE_TIMEOUT = timedelta(0)
    browser = Client()
    sign_in(browser, "ada")

    assert browser.get("/tenant/").status_code == 302


def test_staff_end_sessions_and_lift_locks(staff: User, ada: User, settings: LazySettings) -> None:
    settings.SIGN_IN_FAILURES = 1
    victim, browser = Client(), Client()
    sign_in(victim, "ada")
    sign_in(Client(), "ada", "wrong")
    sign_in(browser, "root")
    session = Session.objects.get(user=ada)

    chosen = {"action": "end", "_selected_action": [session.pk], "confirmed": "1"}
    browser.post("/admin/identity/session/", chosen)
    chosen = {"action": "lift", "_selected_action": ["ada"], "confirmed": "1"}
    browser.post("/admin/identity/lockout/", chosen)

    assert victim.get("/tenant/").status_code == 302
    assert sign_in(Client(), "ada") == (302, "/tenant/")


def test_graphql_of_a_session_runs_in_its_tenant(ada: User, tenant: Tenant) -> None:
    browser = Client()
    sign_in(browser, "ada")

    answer = browser.post(
        "/graphql", {"query": "{ auditLogs { totalCount } }"}, content_type="application/json"
    )

    assert answer.json() == {"data": {"auditLogs": {"totalCount": 0}}}
    assert GraphQLClient()("{ auditLogs { totalCount } }").codes == ["UNAUTHENTICATED"]


def test_who_signs_in_and_who_fails_to_is_on_record(ada: User, tenant: Tenant) -> None:
    browser = Client()
    for password in ("wrong horse 7", PASSWORD):
        sign_in(browser, "ada", password)

    (failed,) = [event for event in published() if isinstance(event, SignInFailed)]
    (succeeded,) = [event for event in published() if isinstance(event, SignedIn)]
    assert (failed.username, failed.reason) == ("ada", "wrong name or password")
    assert (succeeded.user_id, succeeded.methods) == (str(ada.pk), ("password",))
    assert failed.ip_address == succeeded.ip_address == "127.0.0.1"
