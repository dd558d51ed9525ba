"""Text with marks and placeholders, as a template has it and as a document does."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from contracts.expressions.nodes import Node
from contracts.expressions.signatures import Evaluated

PageField: TypeAlias = Literal["", "page", "pages"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A value to be: its text, where that stands in the template, and what evaluates it."""

    source: str
    place: str
    block: str
    node: Node
    evaluate: Evaluated = field(compare=False)
    names: frozenset[str] = frozenset()
    #: Where the text begins within a longer one: trees count characters from there.
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Style:
    """How a run of text looks; `color` is `#rrggbb` or nothing."""

    bold: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    code: bool = False
    sub: bool = False
    sup: bool = False
    color: str = ""


PLAIN = Style()


@dataclass(frozen=True, slots=True)
class Run:
    """Literal text and placeholders of one style; `page` stands for a number of pages instead."""

    parts: tuple[str | Expression, ...]
    style: Style = PLAIN
    link: tuple[str | Expression, ...] = ()
    page: PageField = ""


Text: TypeAlias = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Text of a document in one style; with `page`, the number that the renderer puts there."""

    text: str
    style: Style = PLAIN
    link: str = ""
    page: PageField = ""


Spans: TypeAlias = tuple[Span, ...]


def words(spans: Spans) -> str:
    """Return the text alone."""
    return "".join(span.text for span in spans)
