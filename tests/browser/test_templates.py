"""The page on which a template is written: what it finds, shows, keeps and publishes."""

import io
from collections.abc import Iterator

import docx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.files_page import LIBRARY as FILES
from tests.browser.files_page import add, clean, file_of
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
    expect(page.get_by_role("tab", name="File", exact=True)).to_be_focused()
    expect(page.get_by_role("button", name="Choose a file")).to_be_visible()
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Schema")).to_be_focused()
    expect(page.get_by_role("textbox", name="Schema")).to_be_visible()

    assert visitor.judge(page) == []
    for theme in THEMES:
        page.evaluate(CHOOSE, theme)
        assert visitor.judge(page, *COLOURS) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert visitor.sideways(page) == 0


def chosen(page: Page, name: str) -> None:
    """Say yes in the dialog that is open."""
    page.get_by_role("dialog").get_by_role("button", name=name).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_template_is_described_archived_and_restored(page: Page) -> None:
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Title").fill("Second reminder")
    page.get_by_label("Theme").select_option(label="harbour")
    chosen(page, "Keep them")
    expect(page.get_by_role("heading", name="Second reminder")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_label("Theme").locator("option:checked")).to_have_text("harbour")
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Archive").click()
    chosen(page, "Archive it")
    expect(page.get_by_role("button", name="Settings")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Text")).to_have_js_property("readOnly", True)
    expect(page.get_by_role("button", name="Restore")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Archive")).to_be_visible()


def test_a_draft_is_discarded_and_a_version_withdrawn(visitor: Visitor, page: Page) -> None:
    page.get_by_role("button", name="Publish").click()
    chosen(page, "Publish it")
    expect(page.get_by_role("button", name="Withdraw version 1")).to_be_visible()
    assert visitor.judge(page) == []
    page.get_by_role("textbox", name="Text").fill("# Another")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("draft 2")).to_be_visible()

    page.get_by_role("button", name="Discard draft").click()
    chosen(page, "Discard it")
    expect(page.get_by_text("draft 2")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Text")).not_to_have_value("# Another")
    page.get_by_role("button", name="Withdraw version 1").click()
    chosen(page, "Withdraw it")

    expect(page.get_by_text("not published")).to_be_visible()
    expect(page.get_by_text("withdrawn", exact=True)).to_be_visible()


@pytest.fixture
def files(visitor: Visitor) -> Iterator[str]:
    """What the names of a picture and of a letter made in Word begin with, which are files."""
    tab = visitor.tab(1280, staff=True).page
    tab.goto(FILES)
    mark = f"t{tab.evaluate('Date.now()')}"
    image, out = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(image, "PNG")
    book = docx.Document()
    book.add_paragraph("Dear {{ name }}")
    book.save(out)
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    for name, content, kind in (
        (f"{mark}-seal.png", image, "image/png"),
        (f"{mark}-letter.docx", out, word),
    ):
        add(tab, file_of(name, content.getvalue(), kind))
        clean(tab, name)
    yield mark
    tab.context.close()


def test_pictures_and_a_file_of_word_are_chosen_among_the_files(
    visitor: Visitor, page: Page, files: str
) -> None:
    page.get_by_role("tab", name="Pictures").click()
    page.get_by_role("button", name="Add a picture").click()
    page.get_by_label("Find files by name").fill(files)
    assert visitor.judge(page) == []
    page.get_by_role("button", name=f"{files}-seal.png").click()
    page.get_by_label("What blocks call it").fill("seal")
    chosen(page, "Add it")
    expect(page.get_by_role("button", name="Remove the picture seal")).to_be_visible()

    page.get_by_role("tab", name="File", exact=True).click()
    page.get_by_role("button", name="Choose a file").click()
    page.get_by_label("Find files by name").fill(files)
    page.get_by_role("button", name=f"{files}-letter.docx").click()
    expect(page.get_by_text("is not saved yet", exact=True)).to_be_visible()
    page.keyboard.press("Control+s")

    expect(page.get_by_text("can be filled")).to_be_visible()
    expect(page.get_by_role("link", name="Download Reminder.docx")).to_be_visible()
    assert visitor.judge(page) == []
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
