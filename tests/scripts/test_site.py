"""The site of the docs: whole, with links that lead somewhere, and nothing from outside."""

import re
from html import unescape
from os.path import normpath
from pathlib import Path
from posixpath import dirname
from urllib.parse import unquote, urlsplit

import pytest

from project.portal.library import Library, Page
from scripts import site

_ATTRIBUTE = re.compile(r"<(?P<tag>\w+)\b[^>]*?\s(?:href|src)=\"?(?P<url>[^\"\s>]+)")
_ASSETS = frozenset({"link", "script", "img", "source", "iframe"})


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every page of the site by its path, made of the docs as they are."""
    folder = site.build(tmp_path_factory.mktemp("docs"))
    found = {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in folder.rglob("*.html")
    }
    # It is for servers, which show it under any path.
    del found["404.html"]
    return found | {"/": str(folder)}


def path_of(page: Page) -> str:
    name = page.source.removesuffix(".md")
    return f"{name.removesuffix('README')}index.html" if name.endswith("README") else f"{name}.html"


def test_it_shows_of_each_page_what_the_portal_shows(built: dict[str, str]) -> None:
    library = Library()
    assert {path_of(page) for page in library.pages.values()} == built.keys() - {"/"}

    for page in library.pages.values():
        text = built[path_of(page)].partition("<article")[2].partition("</article>")[0]
        shown = library.html(page)
        for tag in ("h2", "h3", "li", "tr", "pre", "blockquote"):
            count = len(re.findall(rf"<{tag}[ >]", text))
            assert count == len(re.findall(rf"<{tag}[ >]", shown)), f"{page.source}: {tag}"


def test_every_link_leads_somewhere_and_nothing_is_loaded_from_outside(
    built: dict[str, str],
) -> None:
    root = Path(built["/"])
    for name, text in built.items():
        for found in _ATTRIBUTE.finditer(text):
            url = urlsplit(found["url"])
            if url.scheme or url.netloc:
                assert found["tag"] not in _ASSETS, f"{name} loads {found['url']}"
                continue
            target = normpath(f"{dirname(name)}/{unquote(url.path)}".lstrip("/"))
            target = target if url.path else name
            if (root / target).is_dir():
                target = normpath(f"{target}/index.html")
            assert (root / target).is_file(), f"{name} leads to {found['url']}"
            if url.fragment and target in built:
                place = re.escape(unquote(url.fragment))
                assert re.search(rf'\bid="?{place}"?[\s>]', built[target]), f"{name}: {url}"


def test_a_page_is_in_the_menu_and_in_the_search(built: dict[str, str]) -> None:
    menu = unescape(built["docs/events.html"].partition("<article")[0])
    index = (Path(built["/"]) / "search.json").read_text(encoding="utf-8")

    for page in Library().pages.values():
        assert page.title in menu, page.source
        assert path_of(page) in index, page.source
