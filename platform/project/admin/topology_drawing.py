"""The topology as a drawing: groups of processes in a ring, and arrows for who calls whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, hypot, log10, pi, sin

from kernel.mesh.topology import Call, Group, Standing, Topology, worst

#: In units of the drawing, about pixels of a wide screen.
RADIUS_X, RADIUS_Y = 225, 186
BOX_WIDTH, BOX_HEIGHT = 140, 50
#: How much an arrow is bent to its right, so that there and back are two, and how much of its way
#: from the middle of the ring its own middle keeps, so that none runs under the boxes beside it.
BEND, KEPT = 0.08, 0.55


@dataclass(frozen=True, slots=True)
class Box:
    """A group, and where its middle is."""

    group: Group
    x: float
    y: float

    @property
    def left(self) -> float:
        return round(self.x - BOX_WIDTH / 2, 1)

    @property
    def top(self) -> float:
        return round(self.y - BOX_HEIGHT / 2, 1)

    @property
    def says(self) -> str:
        """Return how many processes there are, and how many of them are not well."""
        count = sum(one.lease is not None for one in self.group.places)
        if not count:
            return "no process known" if not self.group.places else "holds no lease"
        ill = sum(one.standing in {"failing", "out"} for one in self.group.places)
        return f"{count} process{'es' if count > 1 else ''}{f', {ill} not well' if ill else ''}"


@dataclass(frozen=True, slots=True)
class Arrow:
    """Calls from one group to another."""

    path: str
    standing: Standing
    #: The more calls, the wider.
    width: float
    says: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of it."""

    boxes: Sequence[Box]
    arrows: Sequence[Arrow]


def drawn(topology: Topology) -> Drawing:
    """Return the drawing of a topology."""
    count = len(topology.groups)
    boxes = [Box(group, *_in_ring(at, count)) for at, group in enumerate(topology.groups)]
    arrows = [
        Arrow(
            _path(boxes[start], boxes[end]),
            worst([call.standing for call in calls]),
            _width(calls),
            _says(boxes[start].group, boxes[end].group, calls),
        )
        for start, end, calls in topology.links()
    ]
    return Drawing(boxes, arrows)


def _in_ring(at: int, count: int) -> tuple[float, float]:
    turn = 2 * pi * at / count - pi / 2
    return round(RADIUS_X * cos(turn), 1), round(RADIUS_Y * sin(turn), 1)


def _path(start: Box, end: Box) -> str:
    """Return a curve from the edge of one box to that of another."""
    across, down = end.x - start.x, end.y - start.y
    bent_x = (start.x + end.x) / 2 * KEPT - down * BEND
    bent_y = (start.y + end.y) / 2 * KEPT + across * BEND
    from_x, from_y = _edge(start, bent_x, bent_y, 2)
    to_x, to_y = _edge(end, bent_x, bent_y, 7)
    return f"M{from_x:.1f} {from_y:.1f}Q{bent_x:.1f} {bent_y:.1f} {to_x:.1f} {to_y:.1f}"


def _edge(box: Box, x: float, y: float, gap: float) -> tuple[float, float]:
    """Return where the line from a box's middle to a point leaves the box."""
    across, down = x - box.x, y - box.y
    share = min(
        BOX_WIDTH / 2 / abs(across) if across else 1.0,
        BOX_HEIGHT / 2 / abs(down) if down else 1.0,
    )
    share += gap / (hypot(across, down) or 1.0)
    return box.x + across * share, box.y + down * share


def _width(calls: Sequence[Call]) -> float:
    return round(1 + log10(1 + sum(call.told.get("calls", 0) for call in calls)), 1)


def _says(start: Group, end: Group, calls: Sequence[Call]) -> str:
    made = sum(call.told.get("calls", 0) for call in calls)
    failed = sum(call.told.get("failures", 0) for call in calls)
    slow = max(call.told.get("p95_ms", 0) for call in calls)
    return (
        f"{start.title} to {end.title}: {failed} of {made} calls failed, 95 of 100 in {slow:g} ms"
    )
