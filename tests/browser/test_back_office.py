"""The back office by hand: look something up, and take a key away only after a yes."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import CHOOSE, Visitor

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


def test_filters_are_opened_and_applied(page: Page, visitor: Visitor) -> None:
    page.goto("/admin/audit/auditlog/")
    page.locator("#changelist a", has_text="Filters").first.click()
    page.locator("#changelist-filter").get_by_role("link", name="demo").click()
    page.locator("#changelist a", has_text="Filters").first.click()
    page.locator("#id_actor_name").fill("bert-jan")
    for theme in ("light", "dark"):
        page.evaluate(CHOOSE, theme)
        assert visitor.judge(page) == []
    page.get_by_role("button", name="Apply Filters").click()

    narrowed = page.get_by_role("list", name="What narrows the list")
    expect(narrowed).to_contain_text("bert-jan")
    expect(page.locator("#result_list")).not_to_contain_text("benjamin")


def test_what_one_actor_did_is_seen_day_by_day_and_narrowed(page: Page, visitor: Visitor) -> None:
    page.goto("/admin/audit/auditlog/?q=StopLogging")
    page.locator("#result_list tbody tr").first.get_by_role("link").first.click()
    page.get_by_role("link", name="Everything that bert-jan did").click()

    expect(page.get_by_role("heading", name="What bert-jan did")).to_be_visible()
    assert visitor.judge(page) == []
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="Previous")).to_be_visible()

    page.get_by_role("link", name="Search within it").click()
    page.get_by_role("region", name="What they have in common").get_by_text("kms.Decrypt").click()
    expect(page.get_by_role("list", name="What narrows the list")).to_contain_text("kms.Decrypt")
    page.get_by_text("As a table").click()
    assert visitor.judge(page) == []
    page.get_by_role("link", name="Without actions kms.Decrypt").click()
    expect(page.get_by_role("list", name="What narrows the list")).not_to_contain_text("Decrypt")


def test_a_hold_is_placed_after_what_comes_of_it_was_told(page: Page, visitor: Visitor) -> None:
    page.goto("/admin/audit/legalhold/")
    page.get_by_role("link", name="Place a hold").click()
    page.locator("#id_tenant").select_option(label="demo")
    page.locator("#id_name").fill("Case 7")
    page.locator("#id_reason").fill("Counsel asked for it.")
    page.locator("#id_target_type").fill("Nothing")
    page.get_by_role("button", name="See what comes of it").click()

    expect(page.locator("#content")).to_contain_text("on logs with target type Nothing: 0 logs")
    assert visitor.judge(page) == []
    page.get_by_role("button", name="Yes, place it").click()
    row = page.locator("#result_list tbody tr", has_text="Case 7")
    expect(row).to_contain_text("holds")

    row.get_by_role("link").first.click()
    page.get_by_role("link", name="Release").click()
    page.locator("#id_reason").fill("Settled.")
    page.get_by_role("button", name="See what comes of it").click()
    page.get_by_role("button", name="Yes, release it").click()
    expect(page.locator("#content")).to_contain_text("released")


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
