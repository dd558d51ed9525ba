"""The portal without a mouse: everything is reached in order, seen, and can be used."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from kernel.services import BY_NAME
from tests.browser.visits import Theme, Visitor

pytestmark = pytest.mark.browser

#: Where the keyboard is: the words of a link or button, where it leads, and whether that is seen.
_FOCUSED = """() => {
  const it = document.activeElement;
  const {outlineStyle, outlineWidth} = getComputedStyle(it);
  const {top, bottom, width} = it.getBoundingClientRect();
  const inSight = top >= 0 && bottom <= innerHeight && width > 0;
  const marked = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  return [it.getAttribute("href") ?? it.getAttribute("aria-label"), inSight && marked];
}"""


@pytest.fixture
def portal(visitor: Visitor) -> Iterator[Page]:
    """The portal, as somebody opens it for the first time."""
    page = visitor.tab(1280).page
    page.goto("/")
    yield page
    page.context.close()


#: The pages that a service has for people, beside what each has.
PAGES_OF = {
    "notifications": ["/notifications/inbox/"],
    "files": ["/files/library/"],
    "documents": ["/documents/made/", "/documents/templates/"],
    "importexport": ["/importexport/imports/", "/importexport/exports/"],
}


def tab_to(page: Page, name: str) -> None:
    for _ in range(100):
        page.keyboard.press("Tab")
        if page.evaluate(_FOCUSED)[0] == name:
            return
    raise AssertionError(f"no {name} by 100 times Tab")


def test_tab_reaches_everything_in_order_and_shows_where_it_is(portal: Page) -> None:
    top = ["#main", "/", "/graphiql", "/events/", "/admin/", "/docs/", "/status", "/metrics"]
    top += ["/sign-in/", "Change between light and dark"]
    cards = [
        path
        for name in BY_NAME
        for path in (
            *PAGES_OF.get(name, ()),
            f"/graphiql/{name}",
            f"/{name}/schema.graphql",
            f"/admin/{name}/",
            f"/docs/{name}",
        )
    ]

    met = []
    for _ in [*top, *cards]:
        portal.keyboard.press("Tab")
        met.append(tuple(portal.evaluate(_FOCUSED)))

    assert met == [(one, True) for one in [*top, *cards]]


def test_the_first_link_leads_past_the_menu(portal: Page) -> None:
    portal.keyboard.press("Tab")
    portal.keyboard.press("Enter")
    portal.keyboard.press("Tab")

    assert portal.evaluate(_FOCUSED) == [f"/graphiql/{next(iter(BY_NAME))}", True]


@pytest.mark.parametrize(("system", "chosen"), [("light", "dark"), ("dark", "light")])
def test_the_theme_is_changed_by_a_key_and_remembered(
    visitor: Visitor, system: Theme, chosen: Theme
) -> None:
    page = visitor.tab(1280, theme=system).page
    page.goto("/")
    shown = page.locator("html")
    expect(shown).to_have_attribute("data-theme", system)

    tab_to(page, "Change between light and dark")
    page.keyboard.press("Space")

    expect(shown).to_have_attribute("data-theme", chosen)
    for path in ("/", "/docs/audit"):
        page.goto(path)
        expect(shown).to_have_attribute("data-theme", chosen)
    page.context.close()
