"""A set of flags: compiled once, never changed, asked from every thread."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from apps.config.domain import operators as _operators
from apps.config.domain.compiler import Compiler, World
from apps.config.domain.evaluations import (
    DEFAULT,
    DISABLED,
    NO_METADATA,
    STATIC,
    TARGETING_MATCH,
    Evaluation,
    Explanation,
    Metadata,
    failure,
    has_type,
)
from apps.config.domain.findings import Finding, under
from apps.config.domain.frames import FAILURES, GENERAL, IDLE, EvaluationError, Frame, Node

_operators  # noqa: B018  (importing them is what registers them)


@dataclass(slots=True)
class Flag:
    """One flag, ready to be asked: every answer that it can give is made in advance."""

    key: str
    definition: Mapping[str, Any]
    place: str
    bucketing: str
    metadata: Metadata
    # The answer without targeting, or when targeting chooses nothing.
    fixed: Evaluation | None
    default: Evaluation
    matches: Mapping[str, Evaluation]
    node: Node
    needs_frame: bool = False
    needs_whole: bool = False
    changing: bool = False

    def decide(self, context: dict[str, Any], frame: Frame) -> Evaluation:
        """Carry the rules out."""
        try:
            chosen = self.node(context, frame)
        except EvaluationError as error:
            return failure(self.key, error.code, str(error), self.metadata)
        except FAILURES as error:
            message = f"{type(error).__name__}: {error}"
            return failure(self.key, GENERAL, message, self.metadata)
        if chosen is None:
            return self.default
        if type(chosen) is not str:
            chosen = str(chosen).lower() if isinstance(chosen, bool) else str(chosen)
        found = self.matches.get(chosen)
        if found is None:
            message = f"targeting chose {chosen[:100]!r}, which is no variant"
            return failure(self.key, GENERAL, message, self.metadata)
        return found


class FlagSet:
    """What a definition says, at one revision. Swap a whole set for the next one."""

    __slots__ = ("_flags", "_world", "changing", "findings", "metadata", "revision")

    def __init__(
        self,
        flags: Mapping[str, Flag],
        world: World,
        metadata: Metadata,
        findings: tuple[Finding, ...],
        revision: str,
    ) -> None:
        self._flags = flags
        self._world = world
        self.metadata = metadata
        self.findings = findings
        self.revision = revision
        # Whether any of the answers depends on more than the revision and the context. A rule that
        # sees the whole context may see the time in it.
        self.changing = any(flag.changing or flag.needs_whole for flag in flags.values())

    def at(self, revision: str) -> "FlagSet":
        """Return the same flags at another revision."""
        return FlagSet(self._flags, self._world, self.metadata, self.findings, revision)

    def __len__(self) -> int:
        return len(self._flags)

    def __iter__(self) -> Iterator[str]:
        return iter(self._flags)

    def __contains__(self, key: object) -> bool:
        return key in self._flags

    def evaluate(
        self,
        key: str,
        context: Mapping[str, Any] | None = None,
        *,
        expected: str | None = None,
        now: int | None = None,
    ) -> Evaluation:
        """Answer for one flag; never raises.

        The context holds `targetingKey` beside the other attributes, as in OFREP. `expected` is
        boolean, string, integer, float or object: a value of another type is TYPE_MISMATCH.
        """
        flag = self._flags.get(key)
        if flag is None:
            return failure(key, "FLAG_NOT_FOUND", f"there is no flag {key!r}", self.metadata)
        answer = flag.fixed
        if answer is None:
            if type(context) is not dict:
                context = {} if context is None else dict(context)
            if flag.needs_frame or flag.needs_whole:
                answer = self._ask(flag, context, self._frame(context, now))
            else:
                answer = flag.decide(context, IDLE)
        if expected is None or answer.variant is None or has_type(answer.value, expected):
            return answer
        message = f"the value is no {expected}: {type(answer.value).__name__}"
        return failure(key, "TYPE_MISMATCH", message, answer.metadata)

    def evaluate_all(
        self, context: Mapping[str, Any] | None = None, *, now: int | None = None
    ) -> list[Evaluation]:
        """Answer for every flag: one that is broken is an answer with its error."""
        known = {} if context is None else dict(context)
        now = int(time.time()) if now is None else now
        return [self.evaluate(key, known, now=now) for key in self._flags]

    def explain(
        self, key: str, context: Mapping[str, Any] | None = None, *, now: int | None = None
    ) -> Explanation:
        """Answer for one flag and tell how: each operator with its place, result and bucket."""
        flag = self._flags.get(key)
        if flag is None:
            return Explanation(self.evaluate(key, context), self.revision, "", ())
        known = {} if context is None else dict(context)
        frame = self._frame(known, now)
        frame.steps = []
        if flag.fixed is not None:
            return Explanation(flag.fixed, self.revision, flag.bucketing, ())
        compiler = Compiler(self._world, key, flag.bucketing, tracing=True)
        node = compiler.node(flag.definition["targeting"], under(flag.place, "targeting"))
        answer = self._ask(replace(flag, node=node, needs_whole=True), known, frame)
        return Explanation(answer, self.revision, flag.bucketing, tuple(frame.steps))

    def _frame(self, context: dict[str, Any], now: int | None) -> Frame:
        return Frame(context, int(time.time()) if now is None else now, self._prerequisite)

    def _ask(self, flag: Flag, context: dict[str, Any], frame: Frame) -> Evaluation:
        if flag.needs_whole:
            context = {
                **context,
                "$flagd": {"flagKey": flag.key, "timestamp": frame.now},
            }
        return flag.decide(context, frame)

    def _prerequisite(self, key: str, frame: Frame) -> Evaluation:
        """Answer for a flag that another one asks for, once in an evaluation."""
        known: Evaluation | None = frame.known.get(key)
        if known is None:
            flag = self._flags[key]
            known = flag.fixed or self._ask(flag, frame.context, frame)
            frame.known[key] = known
        return known


def answers(
    key: str, definition: Mapping[str, Any], metadata: Metadata
) -> tuple[Evaluation, Mapping[str, Evaluation]]:
    """Make the answer by default, and those for each variant that targeting may choose."""
    variants: Mapping[str, Any] = definition["variants"]
    targeted = bool(definition.get("targeting"))
    name = definition.get("defaultVariant")
    if isinstance(name, bool):
        name = str(name).lower()
    if definition.get("state") == "DISABLED":
        default = Evaluation(key, None, None, DISABLED, metadata=metadata)
    elif name is None or name == "":
        default = Evaluation(key, None, None, DEFAULT, metadata=metadata)
    elif variants.get(name) is None:
        default = failure(key, GENERAL, f"the default {name!r} is no variant", metadata)
    else:
        reason = DEFAULT if targeted else STATIC
        default = Evaluation(key, variants[name], name, reason, metadata=metadata)
    matches = {
        variant: Evaluation(key, value, variant, TARGETING_MATCH, metadata=metadata)
        for variant, value in variants.items()
        if targeted and value is not None
    }
    return default, matches


def broken_flag(key: str, message: str, metadata: Metadata = NO_METADATA) -> Flag:
    """Return a flag that says of itself that it cannot be used; the others go on."""
    answer = failure(key, "PARSE_ERROR", message, metadata)
    return Flag(key, {}, "", "", metadata, answer, answer, {}, lambda data, frame: None)
