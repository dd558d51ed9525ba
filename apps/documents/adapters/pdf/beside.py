"""Blocks side by side, or on a ground of their own: each column is torn where the page ends."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from reportlab.lib.colors import Color
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether
from reportlab.platypus.doctemplate import ActionFlowable

#: Points between columns, and between the edge of a panel and what is in it.
_GAP, _PADDING = 12.0, 9.0
_CORNER = 4.0
_ENDLESS = 1e6


class Beside(Flowable):
    """Columns of flowables; with a `ground` they stand on a panel of that color.

    reportlab's `Table` does not tear what it is to keep together, and has no panels of one height.
    """

    def __init__(
        self,
        columns: Sequence[Iterable[Flowable]],
        shares: Sequence[float],
        *,
        ground: Color | None = None,
        after: float = 0.0,
    ) -> None:
        super().__init__()
        self.columns = [list(flat(column)) for column in columns]
        self.shares = tuple(shares)
        self.ground = ground
        self.least = 0.0
        self.spaceAfter = after or max(
            (column[-1].getSpaceAfter() for column in self.columns if column), default=0.0
        )
        self._padding = _PADDING if ground else 0.0

    def _widths(self, available: float) -> list[float]:
        room = available - 2 * self._padding - _GAP * (len(self.columns) - 1)
        return [share * room for share in self.shares]

    def wrap(self, available: float, height: float) -> tuple[float, float]:
        """Return the room it takes: panels beside one another are as high as the highest."""
        self.width = available
        widths = self._widths(available)
        inner = max(
            (
                self._placed(column, width)[1]
                for column, width in zip(self.columns, widths, strict=True)
            ),
            default=0.0,
        )
        self.height = max(inner + 2 * self._padding, self.least)
        for column in self.columns:
            if len(column) == 1 and isinstance(column[0], Beside) and column[0].ground:
                column[0].least = inner
        return self.width, self.height

    def _placed(
        self, column: list[Flowable], width: float
    ) -> tuple[list[tuple[Flowable, float, float]], float]:
        """Return flowables, each with its width and how far its foot is below the top."""
        found, y, before = [], 0.0, 0.0
        for at, flowable in enumerate(column):
            wide, high = flowable.wrapOn(self._canvas(), width, _ENDLESS)
            y += max(flowable.getSpaceBefore(), before) if at else 0.0
            y += high
            found.append((flowable, wide, y))
            before = flowable.getSpaceAfter()
        return found, y

    def _canvas(self) -> Any:
        return getattr(self, "canv", None)

    def split(self, available: float, height: float) -> list[Flowable]:
        """Return what fits and the rest, or nothing if no column has anything that fits."""
        torn = [
            self._torn(column, width, height - 2 * self._padding)
            for column, width in zip(self.columns, self._widths(available), strict=True)
        ]
        if not any(fit for fit, _ in torn):
            return []
        pieces = [[fit for fit, _ in torn], [rest for _, rest in torn]]
        return [
            Beside(piece, self.shares, ground=self.ground, after=self.spaceAfter)
            for piece in pieces
            if any(piece)
        ]

    def _torn(
        self, column: list[Flowable], width: float, room: float
    ) -> tuple[list[Flowable], list[Flowable]]:
        placed, _ = self._placed(column, width)
        count = sum(foot <= room for _, _, foot in placed)
        fit, rest = column[:count], column[count:]
        if rest:
            top = placed[count - 1][2] + rest[0].getSpaceBefore() if count else 0.0
            pieces = rest[0].splitOn(self._canvas(), width, room - top) if room > top else []
            if len(pieces) > 1:
                return [*fit, pieces[0]], [*pieces[1:], *rest[1:]]
        # A title goes with what it is the title of.
        while fit and rest and cast(Any, fit[-1]).getKeepWithNext():
            rest.insert(0, fit.pop())
        return fit, rest

    def draw(self) -> None:
        """Draw the ground and the columns."""
        canvas = self.canv
        if self.ground:
            canvas.saveState()
            canvas.setFillColor(self.ground)
            canvas.roundRect(0, 0, self.width, self.height, _CORNER, stroke=0, fill=1)
            canvas.restoreState()
        x, top = self._padding, self.height - self._padding
        for column, width in zip(self.columns, self._widths(self.width), strict=True):
            flowable: Any
            for flowable, wide, foot in self._placed(column, width)[0]:
                flowable.drawOn(canvas, x, top - foot, _sW=width - wide)
            x += width + _GAP


def flat(given: Iterable[Flowable]) -> Iterator[Flowable]:
    """Yield what stands together, without breaks and what is kept together within it.

    reportlab takes a `KeepTogether` within another for higher than any page.
    """
    for flowable in given:
        if isinstance(flowable, KeepTogether):
            yield from flat(cast(Any, flowable)._content)  # noqa: SLF001  # what it was made of
        elif not isinstance(flowable, ActionFlowable | CondPageBreak):
            yield flowable
