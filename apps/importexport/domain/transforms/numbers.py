"""Transforms of numbers and truth as people write them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from apps.importexport.domain.problems import Code, PlanError, RefusedError
from apps.importexport.domain.transforms.transform import Transform
from apps.importexport.domain.values.scalars import SPACES

#: Characters that look like a separator, and are taken for it.
_ALIKE = {" ": " \u00a0\u2007\u202f", "'": "'\u2019"}
_MINUS = str.maketrans({"\u2212": "-"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseNumber(Transform):
    """Read a number with a decimal sign, a separator of thousands and units such as `€`.

    A number in brackets is negative, as book-keepers write it. What is grouped otherwise than in
    thousands is refused: `1,5` is no fifteen.
    """

    NAME: ClassVar[str] = "number"
    decimal: str = "."
    thousands: str = ""
    units: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        signs = self.decimal + self.thousands
        if len(self.decimal) != 1 or len(self.thousands) > 1 or len(set(signs)) != len(signs):
            raise PlanError("the decimal sign and that of thousands are two different characters")
        if any(sign.isalnum() or sign in "+-()" for sign in signs):
            raise PlanError("letters, digits, brackets and `+` and `-` separate no numbers")

    def changed(self, text: str, cells: Mapping[str, str]) -> str:
        """Return the number with a point and nothing between its digits."""
        bare = text.translate(_MINUS)
        for unit in self.units:
            bare = bare.replace(unit, "")
        bare = bare.strip(SPACES)
        if bare[:1] == "(" and bare[-1:] == ")":
            bare = f"-{bare[1:-1].strip(SPACES)}"
        found = _number(self.decimal, self.thousands).fullmatch(bare)
        if not found:
            raise RefusedError(Code.NOT_A_DECIMAL, f"a number such as {self._shown()} is expected")
        whole = re.sub("[^0-9]", "", found["whole"] or "0")
        fraction = found["fraction"] or found["only"]
        return f"{found['sign'] or ''}{whole}{f'.{fraction}' if fraction else ''}"

    def _shown(self) -> str:
        return f"1{self.thousands}234{self.decimal}5"


def _number(decimal: str, thousands: str) -> re.Pattern[str]:
    group = f"[{re.escape(_ALIKE.get(thousands, thousands))}]" if thousands else ""
    # Groups of two are India's: 12,34,567.
    grouped = rf"[0-9]{{1,3}}(?:{group}[0-9]{{2,3}})*{group}[0-9]{{3}}|" if thousands else ""
    point = re.escape(decimal)
    return re.compile(
        rf"(?P<sign>[+-])? ?(?:(?P<whole>{grouped}[0-9]+)(?:{point}(?P<fraction>[0-9]*))?"
        rf"|{point}(?P<only>[0-9]+))"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseBoolean(Transform):
    """Read words for true and false, such as `ja` and `nein`, in whatever case."""

    NAME: ClassVar[str] = "boolean"
    true: tuple[str, ...]
    false: tuple[str, ...]

    def __post_init__(self) -> None:
        yes, no = _words(self.true), _words(self.false)
        if not yes or not no or yes & no:
            raise PlanError("words for true and for false are needed, and none for both")

    def changed(self, text: str, cells: Mapping[str, str]) -> str:
        """Return `true` or `false`."""
        word = text.strip(SPACES).casefold()
        if word in _words(self.true):
            return "true"
        if word in _words(self.false):
            return "false"
        shown = ", ".join((*self.true, *self.false)[:10])
        raise RefusedError(Code.NOT_A_BOOLEAN, f"one of these is expected: {shown}")


def _words(given: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word.strip(SPACES).casefold() for word in given)
