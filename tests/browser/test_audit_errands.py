"""The forms by which staff add a schema and start an export, and what they are asked then."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import CHOOSE, THEMES, WIDTHS, Visitor

pytestmark = pytest.mark.browser

SCHEMA = '{"properties": {"actor": {"properties": {"type": {"const": "robot"}}}}}'


@pytest.mark.parametrize("width", WIDTHS)
def test_forms_and_questions_are_for_everybody(visitor: Visitor, width: int) -> None:
    tab = visitor.tab(width, staff=True)
    page = tab.page
    page.context.set_default_timeout(30_000)
    told = []

    page.goto("/admin/audit/actionschema/create/")
    told += judged(visitor, page)
    page.select_option("select[name=tenant]", index=1)
    page.fill("[name=action]", "file.uploaded")
    page.fill("[name=schema]", SCHEMA)
    page.get_by_role("button", name="See what comes of it").click()
    expect(page.get_by_text("of the action").first).to_be_visible()
    told += judged(visitor, page)

    page.goto("/admin/audit/auditexport/start/")
    told += judged(visitor, page)
    page.select_option("select[name=tenant]", index=1)
    page.get_by_role("button", name="See what comes of it").click()
    expect(page.get_by_text("in the database now")).to_be_visible()
    told += judged(visitor, page)
    page.context.close()

    assert told == tab.complaints == []


def judged(visitor: Visitor, page: Page) -> list[str]:
    """Return what axe says against a page in both themes, and whether it scrolls sideways."""
    told = []
    for theme in THEMES:
        page.evaluate(CHOOSE, theme)
        told += [f"{page.url} {theme}: {one}" for one in visitor.judge(page)]
    if visitor.sideways(page):
        told.append(f"{page.url} scrolls sideways")
    return told
