"""PDFs are put together and taken apart, with their bookmarks, links, fields and layers."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

import pikepdf
from pikepdf import Dictionary, Name, OutlineItem

from apps.documents.adapters.pdf.opening import MOST_PAGES, opened, saved
from apps.documents.adapters.pdf.sharing import Shared
from apps.documents.domain.findings import stop

#: So many sources are open at a time.
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Source:
    """A PDF to put into another; with a title it gets a bookmark, and has its own below that.

    One that is encrypted takes its `password`.
    """

    content: BinaryIO
    title: str = ""
    password: str = field(default="", repr=False)


def merge_pdfs(
    sources: Iterable[Source],
    out: BinaryIO,
    *,
    title: str = "",
    scratch: Callable[[], BinaryIO] = io.BytesIO,
) -> int:
    """Write one PDF of several and return its pages; the same ones give the same bytes.

    Bookmarks, links, fields and layers come with the pages; fonts and pictures that several have
    are kept once. Sources are taken some at a time, and put together in files of `scratch`: with
    `tempfile.TemporaryFile` memory grows with the number of pages alone. Raises DocumentError with
    the place of a source (`/2`) that is broken or locked.
    """
    taken = iter(sources)
    with ExitStack() as held:
        batches: list[Source] = []
        while batch := list(islice(taken, _AT_ONCE)):
            file = held.enter_context(scratch())
            _merge(batch, file, len(batches) * _AT_ONCE)
            batches.append(Source(file))
        if not batches:
            stop("", "missing", "there is nothing to merge")
        return _merge(batches, out, 0, title)


def split_pdf(  # nosec B107  empty is none
    content: BinaryIO, ranges: Sequence[range], place: str = "", password: str = ""
) -> Iterator[bytes]:
    """Yield a PDF for each range of pages, counted from 0, with the bookmarks that lead there.

    Raises DocumentError when a range is empty or goes beyond the last page.
    """
    with opened(content, place, password) as pdf:
        count = len(pdf.pages)
        for at, pages in enumerate(ranges):
            if not pages or min(pages) < 0 or max(pages) >= count:
                message = f"the PDF has {count} pages: {_shown(pages)} are asked for"
                stop(f"{place}/{at}", "range", message)
        for pages in ranges:
            with pikepdf.new() as taken:
                taken.add_pages_from(pdf, pages)
                out = io.BytesIO()
                saved(taken, out)
            yield out.getvalue()


def _shown(pages: range) -> str:
    return f"{min(pages) + 1} to {max(pages) + 1}" if pages else "none"


def _merge(sources: Sequence[Source], out: BinaryIO, number: int, title: str = "") -> int:
    with ExitStack() as held, pikepdf.new() as merged:
        shared, bookmarks = Shared(), _Bookmarks(merged)
        for at, source in enumerate(sources, start=number):
            # Streams are copied when the result is written: until then they are read from here.
            pdf = held.enter_context(opened(source.content, f"/{at}", source.password))
            first = len(merged.pages)
            if first + len(pdf.pages) > MOST_PAGES:
                stop(f"/{at}", "size", f"a PDF has at most {MOST_PAGES} pages")
            merged.add_pages_from(pdf)
            shared.share(merged.pages[first:])
            bookmarks.note(source.title, first)
        bookmarks.arrange()
        if title:
            merged.docinfo["/Title"] = title
            merged.docinfo["/Producer"] = "Septet"
        saved(merged, out)
        return len(merged.pages)


class _Bookmarks:
    """Which bookmarks of a PDF came from which source."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._last: Any = None
        self._noted: list[tuple[str, int, int]] = []

    def note(self, title: str, page: int) -> None:
        """Count what a source has brought at the top level."""
        count = 0
        first = self._pdf.Root.get(Name.Outlines, Dictionary()).get(Name.First)
        item = first if self._last is None else self._last.get(Name.Next)
        while item is not None:
            count += 1
            self._last, item = item, item.get(Name.Next)
        self._noted.append((title, page, count))

    def arrange(self) -> None:
        """Put the bookmarks of titled sources below their titles."""
        if not any(title for title, _, _ in self._noted):
            return
        with self._pdf.open_outline() as outline:
            brought = iter(list(outline.root))
            outline.root.clear()
            for title, page, count in self._noted:
                own = list(islice(brought, count))
                if title:
                    mark = OutlineItem(title, page)
                    mark.children.extend(own)
                    own = [mark]
                outline.root.extend(own)
