"""A version is tried with its sample: pictures of its pages, made in the sandbox, kept nowhere."""

import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.conf import settings

from apps.documents.adapters.office import OfficeError, OfficeLimits, found_program, pdf_of
from apps.documents.domain.assembling import told
from apps.documents.domain.findings import InvalidTemplateError
from apps.documents.domain.limits import DEFAULT
from apps.documents.domain.model.parsing import load_json
from apps.documents.domain.written import MOST_SAMPLE_BYTES, Written
from apps.documents.errors import (
    DataRefusedError,
    RenderingFailedError,
    TemplateRefusedError,
)
from apps.documents.models import TemplateUpload, Theme
from apps.documents.selectors.templates import judged
from apps.documents.services.drafts import checked_assets
from apps.documents.services.preview_pictures import pictures_for
from apps.documents.services.rendering import Source, called, render, usual_limits
from apps.documents.services.uploads import content_of
from kernel.errors import DomainError, InvalidInputError, UnavailableError
from kernel.sandbox import Limits

MOST_PAGES = 10
#: Of a file of Word or Excel that was filled: it comes with the answer.
MOST_FILE_BYTES = 10_000_000
WIDTHS = (100, 1_600)
#: Somebody waits for it.
SECONDS = 8
#: So many are made at a time in one process: each may take the memory of a document.
_TURNS = threading.BoundedSemaphore(2)
_PATIENCE_SECONDS = 5
#: LibreOffice takes some hundred megabytes, and a core.
_OFFICE = threading.BoundedSemaphore(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Which pages are shown, from 1, and how wide in pixels."""

    first: int = 1
    count: int = 3
    width: int = 800

    def check(self) -> None:
        """Raise InvalidInputError for more than is shown."""
        widest = WIDTHS[0] <= self.width <= WIDTHS[1]
        if self.first < 1 or not 1 <= self.count <= MOST_PAGES or not widest:
            raise InvalidInputError(
                f"from page 1 on at most {MOST_PAGES} pages, {WIDTHS[0]} to {WIDTHS[1]} pixels wide"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePicture:
    """One page as a PNG file."""

    number: int
    width: int
    height: int
    png: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What became of a version and its sample; `pages` counts all of them.

    Of a file of Word or Excel that was filled there is the file, and pictures of its pages where
    LibreOffice is installed; else `note` says why there are none.
    """

    title: str
    pages: int
    pictures: list[PagePicture]
    format: str = "pdf"
    document: bytes = b""
    note: str = ""


def preview(
    written: Written,
    theme: Theme | None = None,
    upload: TemplateUpload | None = None,
    *,
    assets: Mapping[str, Mapping[str, Any]] | None = None,
    locale: str = "",
    shown: Shown,
) -> Preview:
    """Make pictures of pages, in which `assets` are shown as far as the caller may read them.

    Raises TemplateRefusedError, DataRefusedError, DocumentRefusedError, RenderingLimitError,
    RenderingFailedError, and UnavailableError while others wait. Not to be called in a transaction.
    """
    shown.check()
    source = _source(written, theme, checked_assets(assets or {}))
    limits = awaited_limits()
    out = io.BytesIO()
    if upload is not None:
        source = replace(source, upload=content_of(upload))
        limits = replace(limits, output_bytes=min(limits.output_bytes, MOST_FILE_BYTES))
        with turn():
            made = render(source, out, format=upload.kind, locale=locale, limits=limits)
        filled = Preview(
            title=made.title, pages=0, pictures=[], format=upload.kind, document=out.getvalue()
        )
        return _pictured(filled, shown)
    with turn():
        made = render(source, out, format="pdf", locale=locale, limits=limits)
        _, pictures = _pictures(out.getvalue(), shown, limits)
    return Preview(title=made.title, pages=made.pages, pictures=pictures)


def _source(written: Written, theme: Theme | None, assets: Mapping[str, Any]) -> Source:
    found = judged(written, theme)
    errors = [one for one in found.errors if one.code != "asset"]
    if errors or found.template is None:
        raise TemplateRefusedError(errors)
    try:
        load_json(written.sample, MOST_SAMPLE_BYTES, DEFAULT.data_depth)
    except InvalidTemplateError as error:
        raise DataRefusedError(error.findings) from None
    return Source(
        template=told(found.resolved).encode(),
        data=written.sample.encode(),
        schema=written.schema.encode(),
        fonts=content_of(theme.fonts) if theme and theme.fonts else b"",
        assets=pictures_for(found.pictures, assets, theme),
    )


def awaited_limits() -> Limits:
    """Return what may be taken while somebody waits."""
    usual = usual_limits()
    return replace(
        usual, cpu_seconds=min(usual.cpu_seconds, SECONDS), seconds=min(usual.seconds, SECONDS * 2)
    )


def _pictured(filled: Preview, shown: Shown) -> Preview:
    """Return a file that was filled with pictures of its pages, or why there are none."""
    program = found_program(settings.OFFICE_PROGRAM)
    if program is None:
        return replace(filled, note="no pictures: LibreOffice is not installed where this runs")
    if not _OFFICE.acquire(timeout=_PATIENCE_SECONDS):
        return replace(filled, note="no pictures: those of others are being made; try again")
    try:
        pdf = pdf_of(filled.document, kind=filled.format, program=program, limits=OfficeLimits())
    except OfficeError as error:
        return replace(filled, note=f"no pictures: {error}")
    finally:
        _OFFICE.release()
    try:
        with turn():
            pages, pictures = _pictures(pdf, shown, awaited_limits())
    except DomainError as error:
        return replace(filled, note=f"no pictures: {error}")
    return replace(filled, pages=pages, pictures=pictures)


def _pictures(pdf: bytes, shown: Shown, limits: Limits) -> tuple[int, list[PagePicture]]:
    """Return how many pages there are, and pictures of some."""
    try:
        answer = called(
            "picture",
            [pdf],
            size=len(pdf),
            limits=limits,
            arguments=asdict(shown),
        )
        sizes = [(int(across), int(down)) for across, down in answer.told["sizes"]]
        return int(answer.told["pages"]), [
            PagePicture(number=number, width=across, height=down, png=png)
            for number, ((across, down), png) in enumerate(
                zip(sizes, answer.parts, strict=True), start=shown.first
            )
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise RenderingFailedError("the pages cannot be shown") from error


@contextmanager
def turn() -> Iterator[None]:
    """Wait until few enough others are at it; raises UnavailableError."""
    if not _TURNS.acquire(timeout=_PATIENCE_SECONDS):
        raise UnavailableError("others are being answered; try again")
    try:
        yield
    finally:
        _TURNS.release()
