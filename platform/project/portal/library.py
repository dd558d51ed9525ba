"""The pages of docs: which there are, and how their Markdown becomes a part of the portal."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from posixpath import dirname, normpath
from urllib.parse import urlsplit

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from markdown_it import MarkdownIt
from markdown_it.token import Token

from kernel.services import CATALOGUE

#: Pages by their slug under /docs/, beside those that are found in a folder.
_START = {
    "": "docs/index.md",
    "readme": "README.md",
    "contributing": "CONTRIBUTING.md",
}
_SERVICES = {service.name: f"apps/{service.name}/README.md" for service in CATALOGUE}
_REPORTING = {"security/reporting": "SECURITY.md"}
_ELSEWHERE = {
    "python-client": "clients/python/README.md",
    "typescript-client": "clients/typescript/README.md",
    "data": "tests/data/README.md",
}
IMAGES = "docs/images/"

# HTML in a page's source is shown as text: our pages need none.
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True, slots=True)
class Page:
    """A Markdown file that the portal shows."""

    slug: str
    source: str
    title: str

    @property
    def url(self) -> str:
        """Return where the portal shows it."""
        return reverse("docs", args=[self.slug]) if self.slug else reverse("docs-index")


class Library:
    """The pages that this installation has, in the order of the menu; an image may lack some."""

    def __init__(self) -> None:
        self._root = Path(settings.BASE_DIR)
        self.shelves = {
            "Start": self._pages(_START),
            "Services": self._pages(_SERVICES),
            "Guides": self._pages(self._guides()),
            "Security": self._pages(
                self._found_in("security") | _REPORTING | self._found_in("runbooks")
            ),
            "Reference": self._pages(self._found_in("reference") | _ELSEWHERE),
            "Decisions": self._pages(self._found_in("adr")),
        }

    @cached_property
    def pages(self) -> dict[str, Page]:
        """Every page by its slug."""
        return {page.slug: page for shelf in self.shelves.values() for page in shelf}

    def html(self, page: Page) -> str:
        """Return a page typeset, with its links and pictures leading to what the portal serves."""
        tokens = _markdown.parse((self._root / page.source).read_text(encoding="utf-8"))
        for token, after in pairwise([*tokens, Token("", "", 0)]):
            if token.attrs.pop("style", None) == "text-align:right":
                # A style in the page would not be let through.
                token.attrs["class"] = "right"
            if token.type == "heading_open":
                token.attrs["id"] = fragment_of(after.content)
            token.children = list(self._relinked(token.children or [], page))
        return _scrollable(_markdown.renderer.render(tokens, _markdown.options, {}))

    def _guides(self) -> dict[str, str]:
        files = sorted((self._root / "docs").glob("*.md"))
        return {file.stem: f"docs/{file.name}" for file in files if file.stem != "index"}

    def _found_in(self, folder: str) -> dict[str, str]:
        files = sorted((self._root / "docs" / folder).glob("*.md"))
        return {f"{folder}/{file.stem}": f"docs/{folder}/{file.name}" for file in files}

    def _pages(self, sources: dict[str, str]) -> list[Page]:
        return [
            Page(slug, source, _title(self._root / source))
            for slug, source in sources.items()
            if (self._root / source).is_file()
        ]

    def _relinked(self, tokens: list[Token], page: Page) -> Iterator[Token]:
        """Point each link to where the portal has its target; without one, its words remain."""
        dropped = False
        for token in tokens:
            if token.type == "image":
                token.attrs["src"] = self._image(str(token.attrs["src"]), page)
            elif token.type == "link_open":
                target = self._target(str(token.attrs["href"]), page)
                dropped = not target
                token.attrs["href"] = target
            if not dropped or not token.type.startswith("link_"):
                yield token

    def _target(self, href: str, page: Page) -> str:
        if urlsplit(href).scheme or href.startswith(("#", "/")):
            return href
        path, hash_, fragment = href.partition("#")
        source = normpath(f"{dirname(page.source)}/{path}".lstrip("/"))
        # A folder is where its first page is.
        for one in self.pages.values():
            if one.source == source or one.source.startswith(f"{source}/"):
                return one.url + hash_ + fragment
        return ""

    def _image(self, src: str, page: Page) -> str:
        source = normpath(f"{dirname(page.source)}/{src}".lstrip("/"))
        if source.startswith(IMAGES):
            return static(f"docs/{source.removeprefix(IMAGES)}")
        # What an app shows itself is where its own static files are; without the app, nowhere.
        _, is_an_apps, name = source.partition("/static/")
        return static(name) if is_an_apps else src


def fragment_of(heading: str) -> str:
    """Return the place of a heading in its page, as code hosts name it: links are right in both."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _title(file: Path) -> str:
    if file.name == "README.md" and file.parent == Path(settings.BASE_DIR):
        # Its first line names the product, not the page.
        return "README"
    with file.open(encoding="utf-8") as lines:
        return next(lines, "").lstrip("#").replace("`", "").strip()


def _scrollable(html: str) -> str:
    """Make what scrolls sideways on a phone reachable by keyboard."""
    table = '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>'
    return (
        html.replace("<pre>", '<pre tabindex="0">')
        .replace("<table>", table)
        .replace("</table>", "</table></div>")
    )
