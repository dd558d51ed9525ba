"""`python -m scripts.site`: the docs as a site in var/docs/site, which asks nothing outside.

The pages are those of the portal, in the order of its menu. They are copied to var/docs/pages, each
where it is in the project, so that links between them hold; a link to what is no page leaves its
words. Zensical makes the site of the copies, as zensical.toml says.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from project.portal.library import Library, Page, beside
from scripts.packages import ROOT

OUT = ROOT / "var" / "docs"
_MARK = "platform/project/portal/static/portal/mark.svg"
_FENCED = re.compile(r"^(```.*?^```)$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?P<image>!?)\[(?P<words>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s]+)\)")


def build(out: Path) -> Path:
    """Build the site under a folder, which is made anew; return where it is.

    Raises CalledProcessError when Zensical finds something wrong, such as a link to nowhere.
    """
    shutil.rmtree(out, ignore_errors=True)
    pages = out / "pages"
    pages.mkdir(parents=True)
    shutil.copyfile(ROOT / _MARK, pages / "mark.svg")
    library = Library()
    for page in library.pages.values():
        _copy(page, library, pages)
    settings = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    config = out / "zensical.toml"
    config.write_text(settings.replace("[project]\n", f"[project]\nnav = {_nav(library)}\n", 1))
    program = Path(sys.executable).with_name("zensical")
    subprocess.run([program, "build", "--strict", "--config-file", config], check=True, cwd=out)  # noqa: S603  # nosec B603 - our own arguments
    return out / "site"


def _nav(library: Library) -> str:
    shelves = [
        f"{{ {json.dumps(shelf)} = [{', '.join(map(_entry, pages))}] }}"
        for shelf, pages in library.shelves.items()
        if pages
    ]
    return f"[{', '.join(shelves)}]"


def _entry(page: Page) -> str:
    return f"{{ {json.dumps(page.title)} = {json.dumps(page.source)} }}"


def _copy(page: Page, library: Library, pages: Path) -> None:
    """Copy a page, and the pictures that it shows."""

    def relinked(link: re.Match[str]) -> str:
        target, words = link["target"], link["words"]
        if urlsplit(target).scheme or target.startswith("#"):
            return link[0]
        if link["image"]:
            picture = beside(target, page)
            _made(pages / picture).write_bytes((ROOT / picture).read_bytes())
            return link[0]
        path, hash_, fragment = target.partition("#")
        found = library.page_at(path, page)
        if found is None:
            return words
        there = os.path.relpath(found.source, os.path.dirname(page.source))  # noqa: PTH120
        return f"[{words}]({there}{hash_}{fragment})"

    text = (ROOT / page.source).read_text(encoding="utf-8")
    parts = _FENCED.split(text)
    parts[::2] = [_LINK.sub(relinked, part) for part in parts[::2]]
    _made(pages / page.source).write_text("".join(parts), encoding="utf-8")


def _made(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    print(f"Open {build(OUT) / 'index.html'}")
