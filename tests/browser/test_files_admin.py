"""Files in the back office: added by staff, and looked into."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.files_page import JUDGED_MS, add, file_of, opened, row, transfer
from tests.browser.visits import COLOURS, THEMES, WIDTHS, Visitor

pytestmark = pytest.mark.browser

LIST = "/admin/files/file/"


@pytest.fixture
def page(visitor: Visitor) -> Iterator[Page]:
    """A page of a member of staff."""
    tab = visitor.tab(1280, staff=True)
    yield tab.page
    tab.page.context.close()
    assert tab.complaints == []


def test_staff_add_files_and_look_into_them(visitor: Visitor, page: Page) -> None:
    page.goto(LIST)
    expect(page.get_by_text("they go into the tenant Demo")).to_be_visible()
    add(page, file_of("by staff.csv", b"runway,length\n25,3500\n", "text/csv"))
    expect(transfer(page, "by staff.csv")).to_contain_text("Basic check only", timeout=JUDGED_MS)
    page.get_by_role("link", name="Show them in the list").click()

    page.goto(f"{LIST}?q=by+staff")
    page.get_by_role("link", name="by staff.csv").click()
    shown = page.get_by_role("region", name="Table of by staff.csv")
    expect(shown.get_by_role("cell")).to_have_text(["25", "3500"])
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert visitor.sideways(page) == 0
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            assert visitor.judge(page, *([] if theme == "light" else COLOURS)) == []
    opened(page)
    expect(row(page, "by staff.csv")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "pictures"),
    [(LIST, "img.files-picture-small"), ("/files/library/", ".files-thumb img")],
)
def test_a_list_shows_pictures_of_what_has_one(page: Page, path: str, pictures: str) -> None:
    page.goto(path)
    for _ in range(JUDGED_MS // 1000):
        if page.locator(pictures).count():
            break
        # Those of the demo are made by jobs, which may still have to do.
        page.wait_for_timeout(1000)
        page.reload()

    picture = page.locator(pictures).first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", value=True)
    assert picture.evaluate("picture => picture.naturalWidth") > 0
    # A folder or a table has none.
    assert page.locator(pictures).count() < page.get_by_role("row").count()
