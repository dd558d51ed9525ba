"""Sign-in at an organisation's own provider, and what its groups make of people here."""

import re
from collections.abc import Iterator
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest
from django.conf import settings

from kernel.testing.embedded import Embedded, embedded
from tests.project.accounts.identity_provider import SECRET, Provider, identity_provider

ADA = {"sub": "1", "email": "ada@example.com", "email_verified": True, "name": "Ada Lovelace"}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """The organisation's provider."""
    with identity_provider() as running:
        yield running


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Embedded]:
    """The platform, whose people come from there."""
    told = {
        "OIDC_ISSUER": provider.url,
        "OIDC_CLIENT_SECRET": SECRET,
        "OIDC_NAME": "Example Ltd",
        "OIDC_GROUPS": "ops=staff,desk=staff:support,root=superuser,devs=demo:editor,"
        "leads=demo:administrator",
        "STAFF_SECOND_FACTOR": "true",
    }
    with embedded(tmp_path_factory.mktemp("oidc"), told) as started:
        yield started


class Browser:
    """Somebody's browser, as far as this needs one."""

    def __init__(self, platform: Embedded) -> None:
        self._url = platform.url
        self._open = build_opener(HTTPCookieProcessor(CookieJar())).open

    def sign_in(self) -> tuple[int, str, str]:
        """Follow the link to the provider on the page to sign in."""
        _, _, page = self.get("/sign-in/")
        assert "Sign in with Example Ltd" in page
        link = re.search(r'href="(/sign-in/at/[^"]+)"', page)
        assert link
        return self.get(link[1].replace("&amp;", "&"))

    def get(self, path: str, led_by: str = "same-origin") -> tuple[int, str, str]:
        """Return the status, the path where it ended, and the page."""
        request = Request(f"{self._url}{path}", headers={"Sec-Fetch-Site": led_by})
        try:
            answer = self._open(request, timeout=20)
        except HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.url.removeprefix(self._url), answer.read().decode()


def signed_in(platform: Embedded, provider: Provider, **claims: object) -> Browser:
    provider.claims = ADA | claims
    browser = Browser(platform)
    _, path, _ = browser.sign_in()
    assert path == "/tenant/"
    return browser


def test_a_group_makes_a_member_and_the_strongest_role_counts(
    platform: Embedded, provider: Provider
) -> None:
    browser = signed_in(platform, provider, groups=["devs", "leads", "others"])

    _, _, page = browser.get("/tenant/")
    assert "ada@example.com, administrator" in page
    assert browser.get("/admin/")[0] == 403


def test_groups_are_applied_at_each_sign_in_and_taken_back(
    platform: Embedded, provider: Provider
) -> None:
    staff = signed_in(platform, provider, groups=["ops", "devs"])
    assert "ada@example.com, editor" in staff.get("/tenant/")[2]
    # The provider has asked for what it asks for: no other second factor is set up here.
    assert staff.get("/admin/")[:2] == (200, "/admin/")

    nobody = signed_in(platform, provider, groups=[])

    assert "No tenant" in nobody.get("/tenant/")[2]
    assert nobody.get("/admin/")[0] == 403
    # The session that was begun with more has ended.
    assert staff.get("/admin/")[1] == "/sign-in/?next=/admin/"


def test_a_group_of_a_duty_is_taken_back_like_others(
    platform: Embedded, provider: Provider
) -> None:
    support = signed_in(platform, provider, groups=["desk", "devs"])
    assert support.get("/admin/notifications/notification/")[0] == 200
    assert support.get("/admin/audit/auditlog/")[0] == 403

    staff = signed_in(platform, provider, groups=["ops", "devs"])

    assert staff.get("/admin/")[0] == 200
    assert staff.get("/admin/notifications/notification/")[0] == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "2", "email": "eve@example.com", "groups": ["strangers"]},
        {"sub": "3", "email": "eve@example.com", "groups": ["ops"], "email_verified": False},
        {"sub": "4", "email": "eve@example.com"},
    ],
)
def test_who_is_in_no_group_or_has_no_verified_address_gets_no_account(
    platform: Embedded, provider: Provider, claims: dict[str, object]
) -> None:
    provider.claims = ADA | claims
    browser = Browser(platform)

    _, _, page = browser.sign_in()

    assert "Nobody signs up here by themselves" in page
    assert browser.get("/tenant/")[1] == "/sign-in/?next=/tenant/"


def test_an_answer_that_nobody_asked_for_signs_nobody_in(
    platform: Embedded, provider: Provider
) -> None:
    provider.claims = ADA | {"groups": ["root"]}
    browser = Browser(platform)

    status, _, _ = browser.get("/sign-in/at/oidc/back/?code=x&state=made-up")

    assert status in {200, 401, 403}
    assert browser.get("/tenant/")[1] == "/sign-in/?next=/tenant/"


def test_a_token_for_another_client_signs_nobody_in(platform: Embedded, provider: Provider) -> None:
    provider.claims = ADA | {"groups": ["root"], "aud": "another"}
    browser = Browser(platform)

    _, _, page = browser.sign_in()

    assert "Not signed in" in page
    assert browser.get("/tenant/")[1] == "/sign-in/?next=/tenant/"


def test_the_providers_tokens_are_kept_neither_here_nor_in_the_browser(
    platform: Embedded, provider: Provider
) -> None:
    browser = signed_in(platform, provider, groups=["devs"])

    pages = [browser.get(path)[2] for path in ("/tenant/", "/account/", "/graphiql")]

    assert not getattr(settings, "SOCIALACCOUNT_STORE_TOKENS", False)
    assert not any("eyJ" in page for page in pages)


@pytest.mark.parametrize(
    ("site", "path"),
    [("cross-site", "/sign-in/"), ("same-site", "/sign-in/"), ("same-origin", "/tenant/")],
)
def test_a_link_of_another_site_begins_no_session(
    platform: Embedded, provider: Provider, site: str, path: str
) -> None:
    provider.claims = ADA | {"groups": ["devs"]}
    browser = Browser(platform)

    _, ended, _ = browser.get("/sign-in/at/oidc/", site)

    assert ended == path
