"""A chart of variants over time: bars of equal width, each stacked of its variants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

#: Variants that have a colour of their own; the others are one.
MOST_SERIES = 6
OTHERS = "others"
HEIGHT = 100


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar, in the units of the chart."""

    series: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One span of time."""

    starts_at: datetime
    total: int
    #: Of each series, in their order.
    counts: tuple[int, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn, and told as a table beside it."""

    series: tuple[str, ...]
    totals: tuple[int, ...]
    columns: tuple[Column, ...]
    #: The largest column, which is as high as the chart.
    largest: int


def chart_of(
    counts: Mapping[tuple[datetime, str], int], start: datetime, end: datetime, step: timedelta
) -> Chart:
    """Return the chart of these counts by span and variant; spans without any are there, too."""
    totals: dict[str, int] = {}
    for (_, variant), count in counts.items():
        totals[variant] = totals.get(variant, 0) + count
    ranked = sorted(totals, key=lambda variant: (-totals[variant], variant))
    own = ranked if len(ranked) <= MOST_SERIES else ranked[: MOST_SERIES - 1]
    series = (*own, OTHERS) if len(own) < len(ranked) else tuple(own)
    place = {variant: min(index, len(series) - 1) for index, variant in enumerate(ranked)}
    found: dict[datetime, list[int]] = {}
    moment = start
    while moment < end:
        found[moment] = [0] * len(series)
        moment += step
    for (moment, variant), count in counts.items():
        if moment in found:
            found[moment][place[variant]] += count
    largest = max((sum(each) for each in found.values()), default=0)
    return Chart(
        series,
        tuple(sum(each[index] for each in found.values()) for index in range(len(series))),
        tuple(_column(moment, each, largest) for moment, each in found.items()),
        largest,
    )


def _column(moment: datetime, counts: Sequence[int], largest: int) -> Column:
    pieces, top = [], float(HEIGHT)
    for index, count in enumerate(counts):
        if count:
            height = HEIGHT * count / largest
            top -= height
            pieces.append(Piece(index, round(top, 3), round(height, 3)))
    return Column(moment, sum(counts), tuple(counts), tuple(pieces))
