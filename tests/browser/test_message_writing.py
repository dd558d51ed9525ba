"""Staff write what a message says, and see it as it would be sent while they do."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import CHOOSE, COLOURS, THEMES, WIDTHS, Visitor

pytestmark = pytest.mark.browser

LIST = "/admin/notifications/notificationtemplate/"


@pytest.fixture
def page(visitor: Visitor) -> Iterator[Page]:
    """The editor of the demo's text for alerts; nothing was complained of in the end."""
    tab = visitor.tab(1280, staff=True)
    tab.page.goto(f"{LIST}?q=audit+alert")
    tab.page.locator("#result_list").get_by_role("link", name="audit alert").click()
    tab.page.get_by_role("link", name="Write").click()
    yield tab.page
    # axe asks frames for their findings, and these answer nobody.
    assert [one for one in tab.complaints if "postMessage" not in one] == []
    tab.page.context.close()


def test_what_is_written_is_shown_in_its_layout_and_saved_after_a_yes(page: Page) -> None:
    shown = page.frame_locator("iframe[title=Desktop]")
    phone = page.frame_locator("iframe[title=Phone]")
    for frame in (phone, shown):
        expect(frame.get_by_text("You are on call for this.")).to_be_visible()

    body = page.get_by_label("Body")
    body.fill("Look at **{{ data.missing }}**")
    expect(shown.get_by_role("alert")).to_contain_text("`missing`")
    body.fill("Look at **{{ data.name }}**, <script>alert(1)</script>")
    expect(shown.get_by_text("<script>alert(1)</script>")).to_be_visible()
    page.get_by_label("Dark").check()
    expect(page.locator("iframe[title=Phone].notif-dark")).to_be_visible()
    expect(phone.get_by_text("Secrets that are deleted")).to_be_visible()

    page.get_by_role("button", name="See what comes of it").click()
    page.get_by_role("button", name="Yes, save it").click()

    expect(page.get_by_text("audit alert is at version 2.")).to_be_visible()
    expect(page.get_by_text("Look at **{{ data.name }}**")).to_be_visible()


def test_the_editor_is_for_everybody_on_every_width(page: Page, visitor: Visitor) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        for theme in THEMES:
            page.evaluate(CHOOSE, theme)
            assert visitor.judge(page, *([] if theme == THEMES[0] else COLOURS)) == []
        assert visitor.sideways(page) <= 0
