"""How much a rule is, with all that it uses: circles and explosions are found before compiling."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.config.domain.compiler import Vertex
from apps.config.domain.limits import Limits

_USES = {
    "$ref": "$evaluators",
    "septet.segment": "$segments",
    "septet.flag": "flags",
    "septet.variant": "flags",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One rule by itself."""

    nodes: int
    depth: int
    uses: tuple[Vertex, ...] = ()


@dataclass(slots=True)
class Cost:
    """One rule with everything that it uses; `waits` counts flags that wait for one another."""

    nodes: int
    depth: int
    waits: int
    problem: str = ""


def measure(rule: Any, limits: Limits) -> Measure:
    """Walk a rule without recursion; a walk that gets too long or too deep stops early."""
    nodes, deepest = 1, 0
    uses: dict[Vertex, None] = {}
    waiting = [(rule, 1)]
    while waiting and nodes <= limits.nodes and deepest <= limits.depth:
        found, depth = waiting.pop()
        if isinstance(found, dict):
            if len(found) == 1:
                [(name, given)] = found.items()
                if name in _USES:
                    _note(uses, name, given)
            found = found.values()
        elif not isinstance(found, list):
            continue
        deepest = max(deepest, depth)
        nodes += len(found)
        # Built-in types alone: most of a rule is names and values, which are not walked.
        waiting += [(item, depth + 1) for item in found if type(item) is dict or type(item) is list]
    return Measure(nodes, deepest, tuple(uses))


def _note(uses: dict[Vertex, None], name: str, given: Any) -> None:
    given = given[0] if isinstance(given, list) and len(given) == 1 else given
    if isinstance(given, str):
        uses[_USES[name], given] = None


def costs(measures: Mapping[Vertex, Measure], limits: Limits) -> dict[Vertex, Cost]:
    """Add up what each rule costs with what it uses, and say which go in a circle."""
    done: dict[Vertex, Cost] = {}
    for start in measures:
        path: dict[Vertex, None] = {}
        waiting = [start]
        while waiting:
            vertex = waiting[-1]
            if vertex in done:
                waiting.pop()
                continue
            if vertex in path:
                waiting.pop()
                path.pop(vertex)
                done[vertex] = _cost(vertex, measures, done, limits)
                continue
            path[vertex] = None
            for used in measures[vertex].uses:
                if used in path:
                    done[used] = Cost(0, 0, 0, _circle(path, used))
                elif used in measures and used not in done:
                    waiting.append(used)
    return done


def _circle(path: Mapping[Vertex, None], closing: Vertex) -> str:
    names = [name for _, name in path]
    return "goes in a circle: " + " > ".join([*names[names.index(closing[1]) :], closing[1]])


def _cost(
    vertex: Vertex, measures: Mapping[Vertex, Measure], done: Mapping[Vertex, Cost], limits: Limits
) -> Cost:
    if vertex in done:
        return done[vertex]
    own = measures[vertex]
    cost = Cost(own.nodes, own.depth, 0)
    for used in own.uses:
        other = done.get(used)
        if other is None:
            continue
        if other.problem.startswith("goes in a circle"):
            cost.problem = f"uses {used[1]!r}, which {other.problem}"
        if used[0] == "flags":
            # Asked once in an evaluation, however many wait for it.
            cost.waits = max(cost.waits, other.waits + 1)
        else:
            cost.nodes += other.nodes
            cost.waits = max(cost.waits, other.waits)
            cost.depth = max(cost.depth, own.depth + other.depth)
    cost.problem = cost.problem or _excess(cost, limits)
    return cost


def _excess(cost: Cost, limits: Limits) -> str:
    if cost.nodes > limits.nodes:
        return f"has more than {limits.nodes} parts with what it uses"
    if cost.depth > limits.depth:
        return f"is deeper than {limits.depth} levels with what it uses"
    if cost.waits > limits.prerequisites:
        return f"waits for more than {limits.prerequisites} flags in a row"
    return ""
