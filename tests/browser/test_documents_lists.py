"""The pages of documents, batches, themes and partials, as people use them."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.files_page import LIBRARY as FILES
from tests.browser.files_page import add, clean, file_of
from tests.browser.visits import CHOOSE, COLOURS, THEMES, Visitor
from tests.documents.fonts import font

pytestmark = pytest.mark.browser

Opened = Callable[[str], Page]


@pytest.fixture
def opened(visitor: Visitor) -> Iterator[Opened]:
    """Opens one of the lists; nothing was complained of in the end."""
    tab = visitor.tab(1280, staff=True)

    def at(name: str) -> Page:
        tab.page.goto(f"/documents/{name}/")
        expect(tab.page.locator("[data-list][aria-busy=false]")).to_be_attached()
        return tab.page

    yield at
    assert tab.complaints == []
    tab.page.context.close()


def fits(visitor: Visitor, page: Page) -> None:
    """See that what is shown is for everybody, light and dark, on a desk and on a phone."""
    assert visitor.judge(page) == []
    for theme in THEMES:
        page.evaluate(CHOOSE, theme)
        assert visitor.judge(page, *COLOURS) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert visitor.sideways(page) == 0
    assert visitor.judge(page) == []
    page.set_viewport_size({"width": 1280, "height": 844})


def named(page: Page, beginning: str) -> str:
    """Return a name that nothing has."""
    return f"{beginning}-{page.evaluate('Date.now()')}"


def row_of(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=name)


def confirmed(page: Page, yes: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=yes).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_theme_is_tried_kept_changed_and_removed(visitor: Visitor, opened: Opened) -> None:
    page = opened("themes")
    name = named(page, "harvest")
    page.get_by_role("button", name="New theme").click()
    expect(page.get_by_role("img", name="What the theme does")).to_be_visible()
    before = page.get_by_role("img", name="What the theme does").get_attribute("src")

    page.get_by_label("Links and lines").fill("#b45309")
    picture = page.get_by_role("img", name="What the theme does")
    expect(picture).not_to_have_attribute("src", before or "")
    fits(visitor, page)
    # The name of another is refused, and nothing that was chosen is lost.
    page.get_by_label("Name, for programs").fill("harbour")
    page.get_by_role("button", name="Create it").click()
    expect(page.get_by_role("alert")).to_contain_text("'harbour'")
    page.get_by_label("Name, for programs").fill(name)
    page.keyboard.press("Enter")

    row = row_of(page, name)
    expect(row).to_contain_text("#b45309")
    page.get_by_role("button", name=f"Edit {name}").click()
    page.get_by_label("Size of type, in points").fill("12")
    confirmed(page, "Keep it")
    expect(row).to_contain_text("12 pt")
    page.get_by_role("button", name=f"Remove {name}").click()
    confirmed(page, "Remove it")
    expect(row).to_have_count(0)
    expect(page.get_by_role("button", name="New theme")).to_be_focused()


def test_a_theme_is_set_in_fonts_that_are_files_or_says_why_not(
    visitor: Visitor, opened: Opened
) -> None:
    page = opened("themes")
    name = named(page, "lettered")
    files = {f"{name}-plain.ttf": font("Harbour"), f"{name}-closed.ttf": font(rights=2)}
    library = visitor.tab(1280, staff=True).page
    library.goto(FILES)
    for file, content in files.items():
        add(library, file_of(file, content, "font/ttf"))
        clean(library, file)
    library.context.close()

    page.get_by_role("button", name="New theme").click()
    page.get_by_label("Name, for programs").fill(name)
    for style, file in zip(("Regular", "Bold"), files, strict=True):
        page.get_by_role("button", name=f"Choose a font: {style}", exact=True).click()
        page.get_by_label("Find files by name").fill(file)
        page.get_by_role("button", name=file).click()
        expect(page.get_by_label("Find files by name")).to_have_count(0)
        chooses = page.get_by_role("button", name=f"Choose a font: {style}", exact=True)
        expect(chooses).to_be_focused()
    fits(visitor, page)
    confirmed(page, "Create it")
    row = row_of(page, name)
    expect(row).to_contain_text("its fonts are refused")
    expect(row).to_contain_text("Bold: its makers let nobody embed it")
    fits(visitor, page)

    page.get_by_role("button", name=f"Edit {name}").click()
    page.get_by_role("button", name="Remove the font: Bold").click()
    confirmed(page, "Keep it")
    expect(row).to_contain_text("set in Harbour")
    page.get_by_role("button", name=f"Remove {name}").click()
    confirmed(page, "Remove it")


def test_a_partial_is_tried_and_keeps_what_is_wrong_until_it_is_mended(
    visitor: Visitor, opened: Opened
) -> None:
    page = opened("partials")
    name = named(page, "regards")
    page.get_by_role("button", name="New partial").click()
    expect(page.get_by_role("img", name="What the partial says")).to_be_visible()
    page.get_by_label("Name, for programs").fill(name)
    area = page.get_by_label("Blocks, as JSON")
    wrong = json.dumps({"blocks": [{"type": "nothing"}]})

    area.fill(wrong)
    page.get_by_role("button", name="Create it").click()
    expect(page.get_by_role("alert")).to_contain_text("/blocks/0")
    expect(area).to_have_value(wrong)
    fits(visitor, page)
    area.fill(json.dumps({"blocks": [{"type": "paragraph", "text": "Yours"}]}))
    confirmed(page, "Create it")

    row = row_of(page, name)
    expect(row).to_be_visible()
    page.get_by_role("button", name=f"Remove {name}").click()
    confirmed(page, "Remove it")
    expect(row).to_have_count(0)


def test_a_batch_is_asked_for_watched_taken_and_removed(visitor: Visitor, opened: Opened) -> None:
    page = opened("batches")
    title = named(page, "Airports")
    page.get_by_role("button", name="New batch").click()
    page.get_by_label("Template").select_option(label="Runway report")
    page.get_by_label("Had as").select_option(label="One PDF with all")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Items, as a list of JSON").fill('{"airport": "Oslo"}')
    page.get_by_role("button", name="Make them").click()
    expect(page.get_by_role("alert")).to_contain_text("a list of JSON")
    fits(visitor, page)

    items: list[dict[str, object]] = [{"airport": one, "lines": []} for one in ("Oslo", "Bergen")]
    items.append({"airport": "Nowhere"})
    page.get_by_label("Items, as a list of JSON").fill(json.dumps(items))
    confirmed(page, "Make them")
    row = row_of(page, title)
    expect(row).to_contain_text("ready", timeout=120_000)
    expect(row).to_contain_text("2 of 3 made, 1 failed")
    page.get_by_role("button", name=f"What failed: {title}").click()
    expect(page.get_by_role("dialog").get_by_text("Item 3")).to_be_visible()
    page.keyboard.press("Escape")
    fits(visitor, page)

    with page.expect_download() as download:
        page.get_by_role("button", name=f"Download: {title}").click()
    assert download.value.suggested_filename == f"{title}.pdf"
    page.get_by_role("button", name=f"Remove: {title}").click()
    confirmed(page, "Remove it")
    expect(row).to_have_count(0)


def test_a_document_is_asked_for_watched_taken_and_removed(
    visitor: Visitor, opened: Opened
) -> None:
    page = opened("made")
    title = named(page, "Oslo")
    page.get_by_role("button", name="New document").click()
    page.get_by_label("Template").select_option(label="Runway report")
    page.get_by_label("Format").select_option(label="PDF")
    area = page.get_by_label("Data, as an object of JSON")
    # The sample shows what belongs there.
    expect(area).to_have_value(re.compile("airport"))
    page.get_by_label("Title").fill(title)
    area.fill('[{"airport": "Oslo"}]')
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("alert")).to_contain_text("an object of JSON")
    fits(visitor, page)

    area.fill('{"airport": "Oslo", "lines": []}')
    page.get_by_label("Password that opens it").fill("secret")
    confirmed(page, "Make it")
    row = row_of(page, title)
    expect(row).to_contain_text("ready", timeout=120_000)
    expect(row).to_contain_text("1 page")
    expect(row).to_contain_text("takes a password")
    fits(visitor, page)

    with page.expect_download() as download:
        page.get_by_role("button", name=f"Download: {title}").click()
    assert download.value.suggested_filename == f"{title}.pdf"
    page.get_by_role("button", name=f"Remove: {title}").click()
    confirmed(page, "Remove it")
    expect(row).to_have_count(0)


def test_a_document_that_fails_says_why_and_is_made_once_more(
    visitor: Visitor, opened: Opened
) -> None:
    page = opened("templates")
    row_of(page, "The runways of an airport, as a table.").get_by_role("link").click()
    page.get_by_role("link", name="Make a document").click()
    expect(page.get_by_label("Template").locator("option:checked")).to_have_text("Runway report")
    title = named(page, "Nowhere")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Data, as an object of JSON").fill('{"airport": "Nowhere"}')
    confirmed(page, "Make it")

    row = row_of(page, title)
    expect(row).to_contain_text("failed", timeout=120_000)
    expect(row).to_contain_text("lines")
    page.get_by_role("button", name=f"Make once more: {title}").click()
    expect(page.locator("[data-announcer]")).to_contain_text("once more")
    expect(row).to_contain_text("failed", timeout=120_000)
