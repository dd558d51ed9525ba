"""JsonLogic becomes closures, once for each revision of a definition."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from apps.config.domain.findings import Finding, Place, Severity, pointer, under
from apps.config.domain.frames import FAILURES, EvaluationError, Frame, Node, Step

Vertex = tuple[str, str]


@dataclass(slots=True)
class World:
    """What the rules of one set share."""

    # Rules that others use, by kind (`$evaluators`, `$segments`) and name.
    rules: Mapping[Vertex, Any]
    segments: Mapping[str, "Segment"]
    flags: Collection[str]
    # What cannot be used, a circle or too much of it, each with what is wrong.
    broken: Mapping[Vertex, str]
    # Closures of rules that ask nothing of the flag that uses them.
    shared: dict[tuple[str, str, bool], Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Segment:
    """Who belongs to it: those listed, and those whom its rule takes, but for those left out."""

    attribute: str
    members: frozenset[str]
    excluded: frozenset[str]
    has_rule: bool


@dataclass(slots=True)
class Compiler:
    """Compiles the rules of one flag, and notes what it finds wrong on the way."""

    world: World
    flag_key: str
    bucketing: str
    findings: list[Finding] = field(default_factory=list)
    tracing: bool = False
    # Whether an evaluation needs a frame of its own, the context with `$flagd` in it,
    # and whether the closures would be others for another flag.
    needs_frame: bool = False
    needs_whole: bool = False
    of_this_flag: bool = False
    # Whether the same context may get another answer later: by the time, or by chance.
    changing: bool = False
    _own: dict[tuple[str, str, bool], Node] = field(default_factory=dict)

    def node(self, rule: Any, place: Place, *, inner: bool = False) -> Node:
        """Compile one rule; `inner` where the data is an item of a list and not the context."""
        if isinstance(rule, dict) and len(rule) == 1:
            [(name, given)] = rule.items()
            return self._call(name, given, place, inner)
        if isinstance(rule, list) and not is_literal(rule):
            nodes = self.nodes(rule, place, inner=inner)
            return lambda data, frame: [node(data, frame) for node in nodes]
        return lambda data, frame: rule

    def nodes(self, rules: list[Any], place: Place, *, inner: bool) -> list[Node]:
        """Compile each of a list."""
        return [self.node(rule, (place, index), inner=inner) for index, rule in enumerate(rules)]

    def _call(self, name: str, given: Any, place: Place, inner: bool) -> Node:
        build = OPERATORS.get(name)
        if build is None:
            return self.broken(place, "operator", f"there is no operator {name!r}")
        place = (place, name)
        arguments = given if isinstance(given, list) else [given]
        try:
            node = build(self, Call(name, arguments, place, inner, isinstance(given, list)))
        except FAILURES as error:
            # Arguments of a kind that nobody thought of are an error like any other.
            return self.broken(place, "arguments", f"{type(error).__name__}: {error}")
        return _traced(node, name, pointer(place)) if self.tracing else node

    def broken(self, place: Place, code: str, message: str) -> Node:
        """Note an error; in lenient mode only who comes to this rule meets it."""
        self.error(place, code, message)

        def fail(data: Any, frame: Frame) -> Any:
            raise EvaluationError(message, "PARSE_ERROR")

        return fail

    def error(self, place: Place, code: str, message: str) -> None:
        """Note what strict mode refuses."""
        self.findings.append(Finding(pointer(place), code, message))

    def warn(self, place: Place, code: str, message: str) -> None:
        """Note what is likely a mistake."""
        self.findings.append(Finding(pointer(place), code, message, Severity.WARNING))

    def part(self, kind: str, name: str, place: Place, *, inner: bool) -> Node:
        """Compile an entry of `$evaluators` or `$segments`, once for all flags where it can be."""
        vertex = (kind, name)
        key = (*vertex, inner)
        known = self._own.get(key) or (None if self.tracing else self.world.shared.get(key))
        if known is not None:
            return known
        if vertex in self.world.broken or vertex not in self.world.rules:
            what = {"$evaluators": "evaluator", "$segments": "segment"}[kind]
            return self.broken(
                place, "reference", self.world.broken.get(vertex, f"there is no {what} {name!r}")
            )
        part = Compiler(self.world, self.flag_key, self.bucketing, tracing=self.tracing)
        node = part.node(self.world.rules[vertex], under("", kind, name), inner=inner)
        # What is wrong inside is found where the entry itself is checked.
        self.needs_frame |= part.needs_frame
        self.needs_whole |= part.needs_whole
        self.of_this_flag |= part.of_this_flag
        self.changing |= part.changing
        lone = (
            part.of_this_flag
            or part.needs_frame
            or part.needs_whole
            or part.changing
            or self.tracing
        )
        (self._own if lone else self.world.shared)[key] = node
        return node


class Call(NamedTuple):
    """One use of an operator, as it was written."""

    name: str
    arguments: list[Any]
    place: Place
    inner: bool
    listed: bool

    def at(self, index: int) -> Place:
        """Return the place of one argument."""
        return (self.place, index) if self.listed else self.place


Builder = Callable[[Compiler, Call], Node]
OPERATORS: dict[str, Builder] = {}


def operator(*names: str) -> Callable[[Builder], Builder]:
    """Make a builder known by its names."""

    def register(build: Builder) -> Builder:
        OPERATORS.update(dict.fromkeys(names, build))
        return build

    return register


def argument(compiler: Compiler, call: Call, index: int, default: Any = None) -> Node:
    """Compile one argument; one that was left out is the default."""
    if index >= len(call.arguments):
        return lambda data, frame: default
    return compiler.node(call.arguments[index], call.at(index), inner=call.inner)


def is_literal(rule: Any) -> bool:
    """Whether a rule stands for itself: it holds no operator, nor does any list in it."""
    if isinstance(rule, list):
        return all(map(is_literal, rule))
    return not (isinstance(rule, dict) and len(rule) == 1)


def _traced(node: Node, name: str, place: str) -> Node:
    def step(data: Any, frame: Frame) -> Any:
        result = node(data, frame)
        if frame.steps is not None and len(frame.steps) < 1000:
            frame.steps.append(Step(place, name, result, frame.detail))
            frame.detail = None
        return result

    return step
