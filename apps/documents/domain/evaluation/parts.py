"""What a document is made of once its values are known. Renderers take parts in order, once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.faces import Faces
from apps.documents.domain.model.blocks import (
    Align,
    ChartKind,
    Control,
    Look,
    Symbology,
    Theme,
    Total,
)
from apps.documents.domain.model.formats import Format
from apps.documents.domain.model.texts import Spans
from contracts.expressions.values import Value

RowKind: TypeAlias = Literal["body", "group", "subtotal", "total", "note"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A title of a part; `number` counts headings, so that links find them."""

    level: int
    text: Spans
    number: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: Spans
    align: Align
    look: Look


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list, and the items under it."""

    text: Spans
    items: tuple["Item", ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    ordered: bool
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `align` is settled, a width is in millimetres."""

    title: Spans
    width: float | None
    align: Align
    format: Format
    total: Total = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """What is read (`text`), and what it is to a program (`value` in `format`)."""

    text: Spans
    value: Value
    format: Format
    align: Align
    across: int = 1
    down: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A row; of a group's title or subtotal, `level` is that of the group, from 0."""

    kind: RowKind
    cells: tuple[Cell, ...]
    level: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A table. Rows may be made while they are taken: take them once, before the next part.

    A table within another part, or in a header, holds its rows.
    """

    columns: tuple[Column, ...]
    rows: Iterable[Row]
    caption: Spans
    header: bool
    stripes: bool
    wrap: bool
    spanned: bool
    place: str
    lines: bool = True


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as the bytes of a file; without an `alt` it is decoration."""

    data: bytes
    alt: str
    width: float | None
    height: float | None
    align: Align
    place: str


@dataclass(frozen=True, slots=True)
class Series:
    """What a chart draws; None is a gap."""

    name: str
    values: tuple[float | None, ...]
    color: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A diagram."""

    kind: ChartKind
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    alt: str
    title: str
    stacked: bool
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Barcode:
    """A barcode or QR code, its value checked."""

    symbology: Symbology
    value: str
    alt: str
    size: float | None
    align: Align
    caption: bool


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins a page."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


@dataclass(frozen=True, slots=True)
class Spacer:
    """Room, in millimetres."""

    height: float


@dataclass(frozen=True, slots=True)
class Contents:
    """The headings with their pages."""

    title: Spans
    levels: int


@dataclass(frozen=True, slots=True)
class Field:
    """Something for a reader to fill in."""

    name: str
    control: Control
    label: Spans
    value: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Keep:
    """Parts that stay on one page if they fit on one; their tables hold their rows."""

    parts: tuple["Part", ...]
    panel: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """Parts side by side; shares add up to 1."""

    shares: tuple[float, ...]
    columns: tuple[tuple["Part", ...], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What follows is on this paper."""

    width: float
    height: float
    margins: tuple[float, float, float, float]
    header: tuple["Part", ...]
    footer: tuple["Part", ...]
    watermark: str
    border: bool = False


Part: TypeAlias = (
    Heading
    | Paragraph
    | Listing
    | Table
    | Image
    | Chart
    | Barcode
    | PageBreak
    | Rule
    | Spacer
    | Contents
    | Field
    | Keep
    | Columns
    | Page
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document: `parts` are made while they are taken, and raise DocumentError."""

    title: str
    locale: Locale
    author: str
    subject: str
    keywords: tuple[str, ...]
    theme: Theme
    page: Page
    parts: Iterator[Part]
    #: Whether there is a list of contents among the parts: its pages are known after them.
    contents: bool = False
    #: What it is set in where the tenant has brought fonts; ours are for characters they lack.
    faces: Faces | None = None


def held(part: Part) -> Part:
    """Return a part that may be taken more than once: a table then holds its rows."""
    return replace(part, rows=tuple(part.rows)) if isinstance(part, Table) else part


def placed(row: Row, taken: list[int]) -> list[tuple[int, Cell]]:
    """Return the cells of a row, each with its column.

    `taken` has a number for each column, at first 0: for how many rows a cell from above still
    reaches down. It is brought up to the row after this one.
    """
    found = []
    at = 0
    for cell in row.cells:
        while taken[at]:
            at += 1
        found.append((at, cell))
        at += cell.across
    taken[:] = [max(one - 1, 0) for one in taken]
    for at, cell in found:
        taken[at : at + cell.across] = [cell.down - 1] * cell.across
    return found
