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

#: The menu, by what a reader is about; a folder stands for every page in it.
SHELVES: dict[str, tuple[str, ...]] = {
    "Start": ("README.md", "docs/index.md", "docs/comparison.md", "CONTRIBUTING.md"),
    "Services": tuple(f"apps/{service.name}/README.md" for service in CATALOGUE),
    "How-to": (
        "docs/graphql.md",
        "clients/python/README.md",
        "clients/typescript/README.md",
        "docs/signing-in.md",
        "docs/back-office.md",
        "docs/datasets.md",
        "docs/external-tables.md",
        "docs/messages.md",
        "docs/schedules.md",
        "docs/report-by-mail.md",
        "docs/configuration.md",
        "docs/jobs.md",
        "docs/streams.md",
        "docs/capture.md",
        "docs/add-a-service.md",
    ),
    "Explanation": (
        "docs/architecture.md",
        "docs/identity.md",
        "docs/events.md",
        "docs/reliability.md",
        "docs/federation.md",
        "docs/mesh.md",
    ),
    "Reference": (
        "docs/reference/",
        "docs/limits.md",
        "docs/imports.md",
        "docs/gallery.md",
        "tests/data/README.md",
    ),
    "Operations": (
        "docs/growing.md",
        "docs/database.md",
        "docs/celery.md",
        "docs/observability.md",
        "docs/runbooks/",
    ),
    "Security": ("docs/security/", "SECURITY.md"),
    "Upgrading": ("docs/upgrading.md",),
    "Decisions": ("docs/adr/",),
}
#: Slugs under /docs/ of pages that have none by the place of their file.
_SLUGS = {
    "docs/index.md": "",
    "README.md": "readme",
    "CONTRIBUTING.md": "contributing",
    "SECURITY.md": "security/reporting",
    "clients/python/README.md": "python-client",
    "clients/typescript/README.md": "typescript-client",
    "tests/data/README.md": "data",
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
            shelf: [page for source in sources for page in self._pages(source)]
            for shelf, sources in SHELVES.items()
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

    def page_at(self, path: str, page: Page) -> Page | None:
        """Return the page that a relative path in another leads to: of a folder its first."""
        source = beside(path, page)
        for one in self.pages.values():
            if one.source == source or one.source.startswith(f"{source}/"):
                return one
        return None

    def _pages(self, source: str) -> Iterator[Page]:
        here = self._root / source
        for file in sorted(here.glob("*.md")) if source.endswith("/") else (here,):
            if file.is_file():
                name = file.relative_to(self._root).as_posix()
                yield Page(_slug(name), name, _title(file))

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
        target = self.page_at(path, page)
        return target.url + hash_ + fragment if target else ""

    def _image(self, src: str, page: Page) -> str:
        source = beside(src, page)
        if source.startswith(IMAGES):
            return static(f"docs/{source.removeprefix(IMAGES)}")
        # What an app shows itself is where its own static files are; without the app, nowhere.
        _, is_an_apps, name = source.partition("/static/")
        return static(name) if is_an_apps else src


def fragment_of(heading: str) -> str:
    """Return the place of a heading in its page, as code hosts name it: links are right in both."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def beside(path: str, page: Page) -> str:
    """Return where a relative path in a page leads, from the root of the project."""
    return normpath(f"{dirname(page.source)}/{path}".lstrip("/"))


def _slug(source: str) -> str:
    if source in _SLUGS:
        return _SLUGS[source]
    return (
        source.removeprefix("docs/")
        .removeprefix("apps/")
        .removesuffix(".md")
        .removesuffix("/README")
    )


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
