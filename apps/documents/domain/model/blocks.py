"""The blocks of a template. Lengths are millimetres, sizes of type points."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from apps.documents.domain.model.formats import TEXT, Format
from apps.documents.domain.model.shapes import Shape
from apps.documents.domain.model.texts import Expression, Text

Align: TypeAlias = Literal["start", "center", "end", "justify"]
Look: TypeAlias = Literal["normal", "display", "lead", "small", "quote", "code"]
Total: TypeAlias = Literal["", "sum", "avg", "min", "max", "count"]
Symbology: TypeAlias = Literal["code128", "code39", "ean13", "ean8", "qr"]
ChartKind: TypeAlias = Literal["bar", "line", "pie"]
Control: TypeAlias = Literal["text", "checkbox", "choice"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A title of a part; it is in the table of contents and among the bookmarks."""

    place: str
    level: int
    text: Text


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    place: str
    text: Text
    align: Align = "start"
    look: Look = "normal"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list, or with `over` one for each of what that gives."""

    text: Text
    items: tuple["Item", ...] = ()
    over: Expression | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list, numbered or not."""

    place: str
    ordered: bool
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; without a width it shares what the others leave."""

    title: Text
    value: Expression | None = None
    width: float | None = None
    align: Align | None = None
    format: Format = TEXT
    total: Total = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that follow one another with the same value of `by`."""

    by: Expression
    title: Text
    totals: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row that is written out; `value` comes before `text`."""

    text: Text = ()
    value: Expression | None = None
    format: Format = TEXT
    across: int = 1
    down: int = 1
    align: Align | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of data (`over`), or rows that are written out, under columns."""

    place: str
    columns: tuple[Column, ...]
    over: Expression | None = None
    name: str = "row"
    groups: tuple[Group, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    caption: Text = ()
    empty: Text = ()
    totals: Text = ()
    header: bool = True
    stripes: bool = False
    wrap: bool = True
    #: Between rows; those of the titles and the totals are drawn in any case.
    lines: bool = True


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: an asset of the template by name, or base64 in the data."""

    place: str
    alt: Text
    asset: Text = ()
    data: Expression | None = None
    width: float | None = None
    height: float | None = None
    align: Align = "start"
    decorative: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """What a chart draws of each item."""

    name: Text
    value: Expression
    color: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A diagram of the items of `over`."""

    place: str
    kind: ChartKind
    over: Expression
    name: str
    label: Expression
    series: tuple[Series, ...]
    alt: Text
    title: Text = ()
    stacked: bool = False
    width: float = 160
    height: float = 80


@dataclass(frozen=True, slots=True)
class Barcode:
    """A barcode or QR code; `size` is the height of bars, or the side of a square."""

    place: str
    symbology: Symbology
    value: Text
    alt: Text = ()
    size: float | None = None
    align: Align = "start"
    caption: bool = True


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins a page."""

    place: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""

    place: str


@dataclass(frozen=True, slots=True)
class Spacer:
    """Room."""

    place: str
    height: float


@dataclass(frozen=True, slots=True)
class Contents:
    """The headings with their pages."""

    place: str
    title: Text
    levels: int = 3


@dataclass(frozen=True, slots=True)
class Field:
    """Something for a reader to fill in."""

    place: str
    name: str
    control: Control
    label: Text
    value: Text = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """Blocks that stay on one page if they fit on one; a panel has a ground of its own."""

    place: str
    blocks: tuple["Block", ...]
    panel: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """Blocks side by side; each column has its share of the width."""

    place: str
    shares: tuple[float, ...]
    columns: tuple[tuple["Block", ...], ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Blocks for each item of a list, or others where there is none."""

    place: str
    over: Expression
    name: str
    blocks: tuple["Block", ...]
    otherwise: tuple["Block", ...] = ()


@dataclass(frozen=True, slots=True)
class When:
    """Blocks if a test holds, or others if not."""

    place: str
    test: Expression
    blocks: tuple["Block", ...]
    otherwise: tuple["Block", ...] = ()


@dataclass(frozen=True, slots=True)
class Include:
    """The blocks of a partial, which sees the data and what it is given by name."""

    place: str
    partial: str
    given: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """The paper, what stands on each sheet of it, and the margins: top, right, bottom, left."""

    width: float = 210
    height: float = 297
    margins: tuple[float, float, float, float] = (20, 20, 20, 20)
    header: tuple["Block", ...] = ()
    footer: tuple["Block", ...] = ()
    watermark: Text = ()
    #: A frame in the accent of the theme.
    border: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks on paper of their own."""

    place: str
    page: Page
    blocks: tuple["Block", ...]


Block: TypeAlias = (
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
    | Repeat
    | When
    | Include
    | Section
)


@dataclass(frozen=True, slots=True)
class Theme:
    """The look of a whole document."""

    size: float = 10
    color: str = "#1a1a1a"
    accent: str = "#1d4ed8"
    stripe: str = "#f3f4f6"


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was read: what `evaluate` makes documents of."""

    title: Text
    locale: str
    currency: str
    zone: str
    page: Page
    theme: Theme
    blocks: tuple[Block, ...]
    partials: tuple[tuple[str, tuple[Block, ...]], ...] = ()
    author: str = ""
    subject: str = ""
    keywords: tuple[str, ...] = ()
    #: Whether a PDF is made one to be kept for years, and what invoice for programs is in it.
    archive: bool = False
    invoice: Shape | None = None


def inner(block: Block) -> Iterator[tuple[Block, ...]]:
    """Yield the blocks within a block."""
    match block:
        case Keep():
            yield block.blocks
        case Repeat() | When():
            yield block.blocks
            yield block.otherwise
        case Columns():
            yield from block.columns
        case Section():
            yield block.page.header
            yield block.page.footer
            yield block.blocks


def every(template: Template) -> Iterator[Block]:
    """Yield every block of a template, outer ones first."""
    waiting = [template.blocks, template.page.header, template.page.footer]
    waiting.extend(blocks for _, blocks in template.partials)
    while waiting:
        for block in waiting.pop(0):
            yield block
            waiting.extend(inner(block))
