"""The page on which a template is written: what it finds, shows, keeps and publishes."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import CHOOSE, COLOURS, THEMES, Visitor

pytestmark = pytest.mark.browser

LIST = "/documents/templates/"


@pytest.fixture
def page(visitor: Visitor) -> Iterator[Page]:
    """The editor of a new template, written in Markdown; nothing was complained of in the end."""
    tab = visitor.tab(1280, staff=True)
    page = tab.page
    page.goto(LIST)
    page.get_by_role("button", name="New template").click()
    page.get_by_label("Title").fill("Reminder")
    name = f"reminder-{page.evaluate('Date.now()')}"
    page.get_by_label("Name, for programs").fill(name)
    page.get_by_role("button", name="Create it").click()
    expect(page.get_by_role("img", name="Page 1 of Reminder")).to_be_visible()
    yield page
    assert tab.complaints == []
    page.context.close()


def test_a_template_is_written_mended_saved_and_published(page: Page) -> None:
    text = page.get_by_role("textbox", name="Text")
    text.fill("# Reminder\n\nDear {{ upper(name }},")
    finding = page.get_by_role("listitem").filter(has_text="To mend")
    expect(finding).to_have_count(1)

    text.fill("# Reminder\n\nDear {{ upper(name) }},")
    expect(finding).to_have_count(0)
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    page.get_by_label("What is new").fill("The first")
    page.get_by_role("button", name="Publish it").click()

    expect(page.get_by_text("version 1 is published")).to_be_visible()
    expect(page.get_by_text("The first")).to_be_visible()


def test_a_finding_leads_to_its_place(page: Page) -> None:
    page.get_by_role("tab", name="Head").click()
    head = page.get_by_role("textbox", name="Template")
    head.fill('{"septet": 1, "title": "A", "theme": {"accent": "red"}}')
    page.get_by_role("button", name="a colour as #rrggbb").click()

    expect(head).to_be_focused()
    chosen = "(area) => area.value.slice(area.selectionStart, area.selectionEnd)"
    assert head.evaluate(chosen) == '"red"'


def test_tabs_are_walked_by_arrows_and_the_page_is_for_everybody(
    visitor: Visitor, page: Page
) -> None:
    page.get_by_role("tab", name="Text").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Schema")).to_be_focused()
    expect(page.get_by_role("textbox", name="Schema")).to_be_visible()

    assert visitor.judge(page) == []
    for theme in THEMES:
        page.evaluate(CHOOSE, theme)
        assert visitor.judge(page, *COLOURS) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert visitor.sideways(page) == 0


def test_a_template_begins_as_one_of_the_gallery(visitor: Visitor) -> None:
    tab = visitor.tab(1280, staff=True)
    page = tab.page
    page.goto(LIST)
    page.get_by_role("button", name="Gallery").click()
    page.get_by_role("button", name="Begin with Certificate").click()
    page.get_by_label("Name, for programs").fill(f"certificate-{page.evaluate('Date.now()')}")
    page.get_by_role("button", name="Create it").click()

    expect(page.get_by_role("img", name="Page 1 of Certificate")).to_be_visible()
    assert tab.complaints == []
    page.context.close()
