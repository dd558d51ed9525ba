"""People by hand: invited by mail, second factors set up, and signed in again with them."""

import base64
import hmac
import re
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import COLOURS, THEMES, WIDTHS, Visitor

pytestmark = pytest.mark.browser

PASSWORD = "engine no. 1"
#: A passkey of the device that is unlocked whenever somebody is asked.
_AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def owner(visitor: Visitor) -> Iterator[Page]:
    """A page of the demo tenant's owner."""
    page = visitor.tab(1280, staff=True).page
    yield page
    page.context.close()


def look(visitor: Visitor, page: Page) -> None:
    """Judge a page at each width and in each theme."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert visitor.sideways(page) == 0
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            rules = [] if (width, theme) == (WIDTHS[0], THEMES[0]) else COLOURS
            assert visitor.judge(page, *rules) == [], f"{page.url} at {width} px, {theme}"


def link_in_mail(page: Page, email: str) -> str:
    """Return the path of the link in the last mail to somebody; the page says where mail is."""
    folder = Path(page.locator(".note code").first.inner_text())
    for _ in range(100):
        for message in sorted(folder.glob("*.log"), reverse=True):
            text = message.read_text().replace("=\n", "")
            found = re.search(r"http://[^/\s]+(/(?:invitations|account)/\S+)", text)
            if f"To: {email}" in text and found:
                return found[1]
        time.sleep(0.1)
    raise AssertionError(f"no mail to {email} in {folder}")


def invite(page: Page, email: str) -> str:
    """Invite somebody and return the link in the mail that a worker sends."""
    page.goto("/tenant/members/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Role", exact=True).select_option(label="Editor")
    page.get_by_role("button", name="Send an invitation").click()
    expect(page.get_by_role("status")).to_contain_text(email)
    expect(page.get_by_role("table", name="")).to_have_count(2)
    return link_in_mail(page, email)


def test_somebody_is_invited_and_comes_back_with_a_passkey(visitor: Visitor, owner: Page) -> None:
    link = invite(owner, "ada@example.com")
    look(visitor, owner)
    tab = visitor.tab(1280)
    page = tab.page
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": _AUTHENTICATOR})

    page.goto(link)
    look(visitor, page)
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("A password").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Demo")

    page.goto("/account/second-factor/passkeys/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Passwordless").check()
    look(visitor, page)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Unused codes")).not_to_be_empty()
    look(visitor, page)
    page.get_by_label("I have saved my recovery codes").check()
    page.goto("/account/second-factor/passkeys/")
    expect(page.locator("tbody tr")).to_contain_text("passkey")
    look(visitor, page)

    page.goto("/tenant/")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in/?next=/account/sessions/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/account/sessions/")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert tab.complaints == []
    page.context.close()


def test_an_authenticator_app_is_set_up_and_asked_for(visitor: Visitor, owner: Page) -> None:
    link = invite(owner, "grace@example.com")
    tab = visitor.tab(390)
    page = tab.page
    page.goto(link)
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_label("A password").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Demo")

    page.goto("/account/second-factor/app/")
    look(visitor, page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    look(visitor, page)
    expect(page.get_by_role("img", name="The secret below")).to_be_visible()
    secret = page.get_by_label("Authenticator secret").input_value()
    page.get_by_label("Authenticator code").fill(code_for(secret))
    page.get_by_role("button", name="Activate").click()
    codes = page.get_by_label("Unused codes").input_value().split()
    assert len(codes) == 10
    page.get_by_label("I have saved my recovery codes").check()

    page.goto("/tenant/")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in/")
    page.get_by_label("User name or e-mail address").fill("grace@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/sign-in/code/")
    look(visitor, page)
    page.locator("input[name=code]").fill(codes[0])
    page.get_by_role("button", name="Sign In", exact=True).click()
    page.wait_for_url("**/tenant/")
    assert tab.complaints == []
    page.context.close()


def test_a_key_is_issued_shown_once_rotated_and_revoked(visitor: Visitor, owner: Page) -> None:
    owner.goto("/tenant/keys/")
    form = owner.locator("form", has=owner.get_by_role("button", name="Issue the key"))
    form.get_by_label("Name").fill("a laptop")
    form.get_by_label("audit:read").check()
    owner.get_by_role("button", name="Issue the key").click()
    secret = owner.locator(".secret").inner_text()
    look(visitor, owner)

    row = owner.locator("tbody tr", has_text="a laptop")
    row.get_by_role("button", name="Rotate").click()
    assert owner.locator(".secret").inner_text() != secret
    row.get_by_text("Revoke").click()
    expect(row.get_by_text("active")).to_be_visible()
    row.get_by_role("button", name="Yes, for ever").click()

    expect(row.get_by_text("revoked")).to_be_visible()
    expect(owner.locator(".secret")).to_have_count(0)


def test_a_forgotten_password_is_chosen_anew(visitor: Visitor, owner: Page) -> None:
    link = invite(owner, "alan@example.com")
    page = visitor.tab(1280).page
    page.goto(link)
    page.get_by_label("Your name").fill("Alan Turing")
    page.get_by_label("A password").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Demo")
    page.get_by_role("button", name="Sign out").click()

    page.goto("/account/password/reset/")
    page.get_by_label("Email").fill("alan@example.com")
    page.get_by_role("button", name="Send the link").click()
    page.wait_for_url("**/sent/")
    look(visitor, page)
    page.goto(link_in_mail(page, "alan@example.com"))
    look(visitor, page)
    page.get_by_label("New Password", exact=True).fill("machine no. 2")
    page.get_by_label("New Password (again)").fill("machine no. 2")
    page.get_by_role("button", name="Change Password").click()
    page.wait_for_url("**/reset/done/")
    look(visitor, page)

    page.goto("/sign-in/")
    page.get_by_label("User name or e-mail address").fill("alan@example.com")
    page.get_by_label("Password").fill("machine no. 2")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/tenant/")
    page.context.close()


def code_for(secret: str) -> str:
    """Return what an authenticator app shows now (RFC 6238)."""
    key = base64.b32decode(secret)
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"
