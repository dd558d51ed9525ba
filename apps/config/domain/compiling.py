"""A definition becomes a set of flags, and what is wrong with it is said with the place."""

from collections.abc import Collection, Mapping
from typing import Any

from apps.config.domain import checks
from apps.config.domain.compiler import Compiler, Segment, Vertex, World
from apps.config.domain.evaluations import NO_METADATA, Metadata
from apps.config.domain.findings import Finding, InvalidDefinitionError, Severity, pointer, under
from apps.config.domain.flags import Flag, FlagSet, answers, broken_flag
from apps.config.domain.garbage import without_collection
from apps.config.domain.graphs import Cost, Measure, costs, measure
from apps.config.domain.hashing import GENERATIONS, NEWEST
from apps.config.domain.limits import DEFAULT, Limits


def compile_set(
    definition: Mapping[str, Any],
    *,
    revision: str = "",
    strict: bool = True,
    bucketing: str = NEWEST,
    limits: Limits = DEFAULT,
) -> FlagSet:
    """Compile a definition.

    Strict, any error refuses it with all its findings. Lenient, a flag that is broken answers
    PARSE_ERROR or, where only one of its rules is, does so for whom that rule is reached; the
    findings are on the set. `bucketing` is for flags that do not name theirs.
    """
    with without_collection():
        compiled = _Compilation(definition, bucketing, limits).run(revision)
    if strict and any(finding.severity is Severity.ERROR for finding in compiled.findings):
        raise InvalidDefinitionError(compiled.findings)
    return compiled


_NO_RULE = Measure(0, 0)


class _Compilation:
    def __init__(self, definition: Mapping[str, Any], bucketing: str, limits: Limits) -> None:
        if bucketing not in GENERATIONS:
            raise ValueError(f"bucketing is one of {', '.join(GENERATIONS)}, not {bucketing!r}")
        self.definition = definition
        self.bucketing = bucketing
        self.limits = limits
        self.findings: list[Finding] = []

    def run(self, revision: str) -> FlagSet:
        flags = checks.flags_of(self.definition, self.limits, self.findings)
        metadata = checks.metadata_of(self.definition, "", self.findings)
        world, weighed = self._world(flags)
        self._check_parts(world)
        compiled = {
            key: self._flag(key, given, place, world, metadata, weighed)
            for key, (given, place) in flags.items()
        }
        return FlagSet(compiled, world, metadata, tuple(self.findings), revision)

    def _world(self, flags: Mapping[str, tuple[Any, str]]) -> tuple[World, dict[Vertex, Cost]]:
        evaluators = checks.objects_of(self.definition, "$evaluators", self.findings)
        segments, rules = self._segments()
        rules.update({("$evaluators", name): rule for name, rule in evaluators.items()})
        measures = {vertex: measure(rule, self.limits) for vertex, rule in rules.items()}
        for key, (given, _) in flags.items():
            rule = given.get("targeting") if isinstance(given, dict) else None
            measures["flags", key] = measure(rule, self.limits) if rule else _NO_RULE
        weighed = costs(measures, self.limits)
        broken = {
            vertex: f"{vertex[1]!r} {weighed[vertex].problem}"
            for vertex in rules
            if weighed[vertex].problem
        }
        return World(rules, segments, flags.keys(), broken), weighed

    def _segments(self) -> tuple[dict[str, Segment], dict[Vertex, Any]]:
        segments, rules = {}, {}
        for name, given in checks.objects_of(self.definition, "$segments", self.findings).items():
            found = checks.segment_of(name, given, self.limits, self.findings)
            if found is not None:
                segments[name] = found
                if found.has_rule:
                    rules["$segments", name] = given["rule"]
        return segments, rules

    def _check_parts(self, world: World) -> None:
        """Compile what flags share for its findings: it is wrong even where nobody uses it."""
        for vertex, rule in world.rules.items():
            place = under("", *vertex)
            if vertex in world.broken:
                self.findings.append(Finding(place, "size", world.broken[vertex]))
                continue
            compiler = Compiler(world, "", self.bucketing, self.findings)
            compiler.node(rule, place)

    def _flag(
        self,
        key: str,
        given: Any,
        place: str,
        world: World,
        shared: Metadata,
        weighed: Mapping[Vertex, Cost],
    ) -> Flag:
        fatal = checks.check_flag(given, place, self.limits, self.findings)
        if fatal:
            return broken_flag(key, fatal, shared)
        own = given.get("metadata")
        metadata: Metadata = {**shared, **own} if own else shared or NO_METADATA
        bucketing = given.get("bucketing", self.bucketing)
        rule = given.get("targeting")
        default, matches = answers(key, given, metadata)
        compiler = Compiler(world, key, bucketing, self.findings)
        problem = weighed["flags", key].problem
        if problem:
            self.findings.append(Finding(under(place, "targeting"), "size", f"the rule {problem}"))
            return broken_flag(key, f"the rule {problem}", metadata)
        node = compiler.node(rule, under(place, "targeting"))
        if rule:
            self._check_results(rule, given["variants"], under(place, "targeting"))
        fixed = default if not rule or given.get("state") == "DISABLED" else None
        return Flag(
            key,
            given,
            place,
            bucketing,
            metadata,
            fixed,
            default,
            matches,
            node,
            needs_frame=compiler.needs_frame,
            needs_whole=compiler.needs_whole,
            changing=compiler.changing,
        )

    def _check_results(self, rule: Any, variants: Collection[str], place: str) -> None:
        for found, where in checks.results_of(rule, place):
            name = str(found).lower() if isinstance(found, bool) else str(found)
            if found is not None and name not in variants:
                self.findings.append(Finding(pointer(where), "variant", f"{name!r} is no variant"))
