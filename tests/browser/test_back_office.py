"""The back office by hand: look something up, and take a key away only after a yes."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visitor: Visitor) -> Iterator[Page]:
    """A page of an administrator."""
    page = visitor.tab(1280, staff=True).page
    yield page
    page.context.close()


def test_a_log_is_found_by_a_word_opened_and_not_to_be_changed(page: Page) -> None:
    page.goto("/admin/audit/auditlog/")
    page.locator("input[name=q]").fill("StopLogging")
    page.keyboard.press("Enter")

    rows = page.locator("#result_list tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("bert-jan")

    rows.first.get_by_role("link").first.click()

    content = page.locator("#content")
    expect(content).to_contain_text("bert-jan did cloudtrail.StopLogging")
    expect(content.locator(":is(input, select, textarea):not([type=hidden])")).to_have_count(0)
    expect(content.get_by_role("button")).to_have_count(0)
    expect(content.get_by_role("link", name="History")).to_have_count(0)


def test_a_key_is_revoked_only_after_a_yes(page: Page, visitor: Visitor) -> None:
    page.goto("/admin/identity/apikey/add/")
    page.get_by_label("Tenant").select_option(label="Demo")
    page.get_by_label("Name").fill("to be revoked")
    page.get_by_label("Scopes").fill('["audit:read"]')
    page.get_by_role("button", name="Save", exact=True).click()
    row = page.locator("#result_list tbody tr", has_text="to be revoked")

    for answer, state in (("No, take me back", "active"), ("Yes, I’m sure", "revoked")):  # noqa: RUF001
        row.get_by_role("checkbox").check()
        page.locator("select[name=action]").select_option("revoke")
        page.get_by_role("button", name="Run").click()
        expect(page.locator("#content")).to_contain_text("for ever: 1 API key")
        assert visitor.judge(page) == []
        page.get_by_text(answer).click()
        page.wait_for_url("**/admin/identity/apikey/")
        expect(row).to_contain_text(state)
