"""Transforms of texts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from apps.importexport.domain.transforms.transform import Transform, bounded, needed
from apps.importexport.domain.values.scalars import SPACES

_RUN = re.compile(f"[{SPACES}]+")
_WORD = re.compile(rf"[^{SPACES}\-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim(Transform):
    """Leave out spaces at both ends."""

    NAME: ClassVar[str] = "trim"

    def changed(self, text: str, cells: Mapping[str, str]) -> str:
        """Return the text without them."""
        return text.strip(SPACES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collapse(Transform):
    """Make one space of several, and of line ends; leave out those at both ends."""

    NAME: ClassVar[str] = "collapse"

    def changed(self, text: str, cells: Mapping[str, str]) -> str:
        """Return the text on one line."""
        return _RUN.sub(" ", text).strip(" ")


class Letters(StrEnum):
    """How a text is to be written."""

    UPPER = "upper"
    LOWER = "lower"
    #: The first letter of each word upper, the others lower.
    TITLE = "title"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Transform):
    """Write a text in upper or lower case, or as a title."""

    NAME: ClassVar[str] = "case"
    to: Letters

    def changed(self, text: str, cells: Mapping[str, str]) -> str:
        """Return the text in that case."""
        if self.to is Letters.UPPER:
            return text.upper()
        if self.to is Letters.LOWER:
            return text.lower()
        return _WORD.sub(lambda word: word[0][0].upper() + word[0][1:].lower(), text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace(Transform):
    """Replace a text wherever it occurs, letter by letter."""

    NAME: ClassVar[str] = "replace"
    old: str
    new: str = ""

    def __post_init__(self) -> None:
        needed("what to replace", self.old)

    def changed(self, text: str, cells: Mapping[str, str]) -> str:
        """Return the text with it replaced."""
        bounded(len(text) + text.count(self.old) * (len(self.new) - len(self.old)))
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Affix(Transform):
    """Put a text before and after."""

    NAME: ClassVar[str] = "affix"
    prefix: str = ""
    suffix: str = ""

    def changed(self, text: str, cells: Mapping[str, str]) -> str:
        """Return the text between both."""
        return f"{self.prefix}{text}{self.suffix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Transform):
    """Take one piece: the first is 0, the last -1. Nothing, where there are not so many."""

    NAME: ClassVar[str] = "split"
    separator: str
    take: int = 0

    def __post_init__(self) -> None:
        needed("the separator", self.separator)

    def changed(self, text: str, cells: Mapping[str, str]) -> str:
        """Return the piece."""
        pieces = text.split(self.separator)
        return pieces[self.take] if -len(pieces) <= self.take < len(pieces) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Default(Transform):
    """Put a text in the place of an empty cell; an empty one makes it an empty text."""

    NAME: ClassVar[str] = "default"
    TAKES_EMPTY: ClassVar[bool] = True
    LEAVES: ClassVar[str | None] = ""
    text: str

    def changed(self, text: str, cells: Mapping[str, str]) -> str:
        """Return the text, or what stands for none."""
        return text or self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Transform):
    """Put further columns behind, with a separator; empty ones are left out."""

    NAME: ClassVar[str] = "join"
    TAKES_EMPTY: ClassVar[bool] = True
    columns: tuple[str, ...]
    separator: str = " "

    def __post_init__(self) -> None:
        needed("a column to join", "".join(self.columns))

    @property
    def sources(self) -> tuple[str, ...]:
        """Those behind."""
        return self.columns

    def changed(self, text: str, cells: Mapping[str, str]) -> str:
        """Return all that are not empty as one text."""
        parts = [part for part in (text, *(cells[name] for name in self.columns)) if part]
        bounded(sum(map(len, parts)) + len(parts) * len(self.separator))
        return self.separator.join(parts)
