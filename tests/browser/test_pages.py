"""Every page, light and dark, on a desk and on a phone: for everybody, and from this host only."""

from urllib.parse import urlsplit

import pytest

from tests.browser.visits import COLOURS, EXPECTED, PAGES, THEMES, WIDTHS, Theme, Visitor

pytestmark = pytest.mark.browser

# All that is asked of one visit comes together: another process would have to visit it again.
# With each change a page is looked at on a desk or on a phone, at night on both.
every_page = pytest.mark.parametrize(
    ("name", "width"),
    [
        pytest.param(name, width, marks=[pytest.mark.nightly] * ((number + turn) % 2))
        for number, name in enumerate(PAGES)
        for turn, width in enumerate(WIDTHS)
    ],
    scope="module",
)


@pytest.mark.parametrize("theme", THEMES)
@every_page
def test_axe_has_nothing_against_a_page(
    visitor: Visitor, name: str, width: int, theme: Theme
) -> None:
    violations = visitor.visit(name, width).violations[theme]

    assert not violations, "\n".join([f"{name} at {width} px, {theme}:", *violations])


@every_page
def test_a_page_asks_nobody_but_us(visitor: Visitor, name: str, width: int) -> None:
    visit = visitor.visit(name, width)

    assert visit.requests[0] == f"{visitor.url}{visit.path}"
    assert [url for url in visit.requests if _foreign(url, visitor.url)] == []


@every_page
def test_a_page_has_nothing_to_complain_of(visitor: Visitor, name: str, width: int) -> None:
    expected = tuple(EXPECTED.get(name, ()))
    complaints = visitor.visit(name, width).complaints

    assert [one for one in complaints if not (expected and one.startswith(expected))] == []


@every_page
def test_a_page_never_scrolls_sideways(visitor: Visitor, name: str, width: int) -> None:
    assert visitor.visit(name, width).sideways == 0


def test_a_bad_page_is_told_on_all_counts(visitor: Visitor) -> None:
    tab = visitor.tab(390)
    tab.page.set_content(
        "<html><img src='http://elsewhere.invalid/x.png'><p style='color: #ddd'>Pale</p>"
        "<input><p style='width: 2000px'>Wide</p></html>"
    )
    told, colours = visitor.judge(tab.page), visitor.judge(tab.page, *COLOURS)

    assert {line.split()[0] for line in told} >= {
        "color-contrast",
        "document-title",
        "html-has-lang",
        "image-alt",
        "label",
    }
    assert visitor.sideways(tab.page) > 1000
    assert {line.split()[0] for line in colours} == {"color-contrast"}
    assert _foreign(tab.requests[0], visitor.url)
    assert "ERR_" in tab.complaints[0]


def _foreign(url: str, own: str) -> bool:
    # What is in the page itself, such as a picture as data:, is asked of nobody.
    return urlsplit(url).scheme not in {"data", "blob"} and not url.startswith(f"{own}/")
