"""Used by hand, no page asks a browser for more than its policy allows."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import Tab, Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def tab(visitor: Visitor) -> Iterator[Tab]:
    """A tab of an administrator, on a desk."""
    tab = visitor.tab(1280, staff=True)
    yield tab
    tab.page.context.close()
    assert tab.complaints == []


def test_a_violation_is_a_complaint(visitor: Visitor) -> None:
    tab = visitor.tab(1280)
    tab.page.goto("/")

    for breach in (
        "document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')",
        "document.body.append(Object.assign(document.createElement('script'), {text: 'x = 1'}))",
        "document.body.setAttribute('onclick', 'x = 1')",
        "document.body.append(new Image(), Object.assign(new Image(), {src: 'https://a.invalid/'}))",
        "document.body.append(Object.assign(document.createElement('iframe'), {src: '/'}))",
    ):
        tab.complaints.clear()
        with tab.page.expect_console_message(lambda told: "Security Policy" in told.text):
            tab.page.evaluate(f"() => {{ {breach} }}")
        assert tab.complaints
    tab.page.context.close()


def test_the_sidebar_is_hidden_and_stays_so(tab: Tab) -> None:
    page = tab.page
    page.goto("/admin/")
    switch = page.locator("header span, .material-symbols-outlined", has_text="dock_to_right").first

    switch.click()
    expect(page.locator("#nav-sidebar")).to_be_hidden()
    page.reload()
    expect(page.locator("#nav-sidebar")).to_be_hidden()
    switch.click()

    expect(page.locator("#nav-sidebar")).to_be_visible()


def test_pages_are_found_by_name_and_by_keyboard(tab: Tab) -> None:
    page = tab.page
    page.goto("/admin/")

    page.get_by_role("searchbox", name="Find anything").press_sequentially("tenant")
    page.keyboard.press("Enter")
    page.get_by_role("main").get_by_role("link", name="Tenants, Identity").click()
    page.wait_for_url("**/admin/identity/tenant/")

    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially("feature flag")
    expect(page.locator("#command-results")).to_contain_text("Feature flags")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url("**/admin/config/featureflag/")

    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially("a b")
    page.keyboard.press("Enter")

    page.wait_for_url("**/admin/find/?text=a+b")


def test_the_theme_is_chosen(tab: Tab) -> None:
    page = tab.page
    page.goto("/admin/")
    page.get_by_text("admin", exact=True).click()

    page.get_by_text("Dark", exact=True).click()

    expect(page.locator("html")).to_have_class("dark")


def test_rows_are_chosen_filtered_and_acted_on(tab: Tab) -> None:
    page = tab.page
    page.goto("/admin/identity/apikey/")

    page.locator("input.action-select").first.check()
    bar = page.locator("#changelist-actions")
    expect(bar).to_be_visible()
    # As wide as the list, by a style that a script sets.
    assert bar.evaluate("bar => bar.style.width.endsWith('px') && bar.offsetWidth > 600")
    page.goto("/admin/audit/auditlog/")
    page.get_by_text("Filters").first.click()

    expect(page.locator("#filter-form")).to_be_visible()


def test_a_day_is_chosen_from_the_calendar(tab: Tab) -> None:
    page = tab.page
    page.goto("/admin/identity/apikey/add/")

    page.locator("#calendarlink0").click()
    page.locator(".calendarbox").get_by_text("Tomorrow").click()

    expect(page.locator("#id_expires_at_0")).not_to_have_value("")


def test_the_menu_of_a_phone_opens(visitor: Visitor) -> None:
    tab = visitor.tab(390, staff=True)
    page = tab.page
    page.goto("/admin/")

    page.locator(".material-symbols-outlined", has_text="dock_to_right").last.click()

    expect(page.locator("#nav-sidebar")).to_be_visible()
    assert tab.complaints == []
    page.context.close()


def test_the_editor_explains_itself(tab: Tab) -> None:
    page = tab.page
    page.goto("/graphiql")
    page.wait_for_selector(".graphiql-execute-button")

    page.get_by_label("Show Documentation Explorer").click()
    expect(page.get_by_text("Root Types")).to_be_visible()
    page.get_by_label("Show History").click()
    for name in ("Open short keys dialog", "Open settings dialog"):
        page.get_by_label(name).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
    page.locator(".graphiql-query-editor .CodeMirror").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("{ auditLogs { no")

    expect(page.locator(".CodeMirror-hints")).to_be_visible()


def _read_only(page: Page, path: str) -> None:
    page.goto(path)
    page.locator("#result_list tbody a").first.click()
    expect(page.locator("#content")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)


def test_what_cannot_be_changed_shows_nothing_to_save(tab: Tab) -> None:
    for path in ("/admin/audit/auditlog/", "/admin/jobs/job/"):
        _read_only(tab.page, path)
