"""Where rows of a template are in what is made of it, and what that makes of formulas."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from openpyxl.formula.tokenizer import Token, Tokenizer, TokenizerError

#: Which turn of each loop around it a row is of: the rows of the loop, and the turn.
Turn: TypeAlias = tuple[tuple[tuple[int, int], int], ...]
_CELL = re.compile(r"(\$?[A-Za-z]{1,3})(\$?)([1-9]\d{0,6})")
_ROWS = re.compile(r"(\$?)([1-9]\d{0,6})")


@dataclass(slots=True)
class Moves:
    """The rows of a sheet: each of the template's, and where it has come to stand."""

    made: dict[int, list[tuple[int, Turn]]] = field(default_factory=dict)
    last: int = 0
    count: int = 0

    def add(self, row: int, turn: Turn) -> int:
        """Give a row of the template the next place."""
        self.count += 1
        self.last = max(self.last, row)
        self.made.setdefault(row, []).append((self.count, turn))
        return self.count

    def of(self, row: int, turn: Turn = ()) -> tuple[int, int]:
        """Return the first and the last place of a row, as seen from a turn of loops."""
        if row not in self.made:
            moved = row + self.count - self.last if row > self.last else row
            return moved, moved
        seen = dict(turn)
        places = [
            place
            for place, of in self.made[row]
            if all(seen.get(loop, number) == number for loop, number in of)
        ] or [place for place, _ in self.made[row]]
        return places[0], places[-1]

    def area(self, reference: str, turn: Turn = ()) -> str:
        """Return cells (`A1`, `$A$1:B2`, `1:2`), a space between them, where they have come to."""
        return " ".join(self._area(one, turn) for one in reference.split())

    def _area(self, reference: str, turn: Turn) -> str:
        first, colon, last = reference.partition(":")
        whole = _ROWS.fullmatch(first), _ROWS.fullmatch(last)
        if whole[0] and whole[1]:
            begin, end = self.of(int(whole[0][2]), turn)[0], self.of(int(whole[1][2]), turn)[1]
            return f"{whole[0][1]}{begin}:{whole[1][1]}{end}"
        start, stop = _CELL.fullmatch(first), _CELL.fullmatch(last or first)
        if start is None or stop is None:
            return reference
        begin = self.of(int(start[3]), turn)[0]
        end = self.of(int(stop[3]), turn)[1]
        if not colon and begin == end:
            return f"{start[1]}{start[2]}{begin}"
        return f"{start[1]}{start[2]}{begin}:{stop[1]}{stop[2]}{end}"


def moved_formula(formula: str, sheet: str, moves: Mapping[str, Moves], turn: Turn = ()) -> str:
    """Return a formula whose references follow the rows that they mean.

    Within the rows of a loop they mean the same turn; from outside, all turns: `SUM(C5)` of a row
    that is repeated becomes `SUM(C5:C9)`.
    """
    try:
        tokens: Sequence[Token] = Tokenizer(formula).items
    except (TokenizerError, IndexError):
        return formula
    return "=" + "".join(
        _moved(one.value, sheet, moves, turn)
        if one.type == Token.OPERAND and one.subtype == Token.RANGE
        else one.value
        for one in tokens
    )


def _moved(reference: str, sheet: str, moves: Mapping[str, Moves], turn: Turn) -> str:
    named, mark, cells = reference.rpartition("!")
    if not mark:
        return moves[sheet].area(cells, turn) if sheet in moves else reference
    title = named[1:-1].replace("''", "'") if named.startswith("'") else named
    if title not in moves:
        return reference
    return f"{named}!{moves[title].area(cells, turn if title == sheet else ())}"
