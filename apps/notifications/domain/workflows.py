"""Workflows: steps as people write them, and the instructions that they come to.

    [{"do": "send", "channel": "in_app", "template": "invoice"},
     {"do": "delay", "for": "1h"},
     {"do": "condition", "when": "not read"},
     {"do": "send", "channel": "email", "template": "invoice"}]

A run stands at the number of an instruction. Blocks are made jumps of, so one number is enough.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apps.notifications.domain.durations import length
from apps.notifications.domain.expressions import compiled
from apps.notifications.domain.places import Mistake, MistakesError
from apps.notifications.domain.preferences import CHANNELS
from apps.notifications.domain.walls import WallTime
from contracts.expressions.errors import ExpressionError
from contracts.expressions.signatures import Evaluated

MOST_STEPS = 50
MOST_DEPTH = 5
MOST_THROTTLED = 10_000
MOST_TOPICS, MOST_TOPIC = 20, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One of a workflow; `place` is where its step is written."""

    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Send(Instruction):
    """Say it over a channel."""

    channel: str
    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOut(Send):
    """Say it in the inboxes of everybody in some topics, filled once for all of them."""

    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Instruction):
    """Go on after a time, or when the clock on the person's wall shows one."""

    length: timedelta = timedelta()
    at: WallTime | None = None

    def until(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Return when it goes on that comes to it now."""
        return now + self.length if self.at is None else self.at.after(now, zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect(Wait):
    """Gather what comes until then, by a key, and go on once with all of it."""

    by: Evaluated | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle(Instruction):
    """End when so many have passed here for this person within the time."""

    most: int
    length: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump(Instruction):
    """Go to another instruction unless something holds; without a test, always."""

    unless: Evaluated | None
    to: int


Program = tuple[Instruction, ...]


def read_steps(steps: Any) -> Program:
    """Return what steps come to; raises MistakesError that names the place of each mistake."""
    reader = _Reader()
    reader.block("steps", steps, 0)
    if reader.count > MOST_STEPS:
        reader.say("steps", f"a workflow has at most {MOST_STEPS} steps, found {reader.count}")
    if reader.mistakes:
        raise MistakesError(reader.mistakes)
    return reader.program()


def templates_of(program: Program) -> Iterator[Send]:
    """Yield what says something, and so takes a template."""
    return (one for one in program if isinstance(one, Send))


class _Reader:
    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self.count = 0
        self._out: list[Instruction] = []
        self._kinds: Mapping[str, Callable[[str, Mapping[str, Any], int], None]] = {
            "send": self._send,
            "fan_out": self._fan_out,
            "delay": self._delay,
            "digest": self._digest,
            "throttle": self._throttle,
            "condition": self._condition,
            "branch": self._branch,
        }

    def program(self) -> Program:
        """Return the instructions; those that end the run lead behind the last of them."""
        end = len(self._out)
        return tuple(
            replace(one, to=end) if isinstance(one, Jump) and one.to < 0 else one
            for one in self._out
        )

    def say(self, place: str, message: str) -> None:
        self.mistakes.append(Mistake(place, message))

    def block(self, place: str, steps: Any, depth: int) -> None:
        """Read the steps at a place."""
        if not isinstance(steps, Sequence) or isinstance(steps, str) or not steps:
            self.say(place, "expected a list of steps, of one at least")
            return
        if depth > MOST_DEPTH:
            self.say(place, f"branches stand in at most {MOST_DEPTH} others")
            return
        for number, step in enumerate(steps[: MOST_STEPS + 1]):
            self._step(f"{place}[{number}]", step, depth)

    def _step(self, place: str, step: Any, depth: int) -> None:
        self.count += 1
        if not isinstance(step, Mapping):
            self.say(place, "a step is an object with `do`")
            return
        kind = step.get("do")
        read = self._kinds.get(kind) if isinstance(kind, str) else None
        if read is None:
            self.say(f"{place}.do", f"one of {', '.join(self._kinds)}, found {kind!r:.40}")
            return
        read(place, step, depth)

    def _send(self, place: str, step: Mapping[str, Any], _depth: int) -> None:
        self._known(place, step, {"channel", "template"})
        channel, template = step.get("channel"), step.get("template")
        if channel not in CHANNELS:
            known = ", ".join(sorted(CHANNELS))
            self.say(f"{place}.channel", f"one of {known}, found {channel!r:.40}")
        elif not isinstance(template, str) or not template.strip():
            self.say(f"{place}.template", "expected the name of a template")
        else:
            self._out.append(Send(place=place, channel=channel, template=template))

    def _fan_out(self, place: str, step: Mapping[str, Any], _depth: int) -> None:
        self._known(place, step, {"topics", "template"})
        topics, template = step.get("topics"), step.get("template")
        if (
            not isinstance(topics, list)
            or not 0 < len(topics) <= MOST_TOPICS
            or not all(isinstance(one, str) and 0 < len(one) <= MOST_TOPIC for one in topics)
        ):
            self.say(f"{place}.topics", f"expected 1 to {MOST_TOPICS} topics")
        elif not isinstance(template, str) or not template.strip():
            self.say(f"{place}.template", "expected the name of a template")
        else:
            self._out.append(
                FanOut(place=place, channel="in_app", template=template, topics=tuple(topics))
            )

    def _delay(self, place: str, step: Mapping[str, Any], _depth: int) -> None:
        self._known(place, step, {"for", "at", "on"})
        self._out.append(Wait(place=place, **self._pause(place, step)))

    def _digest(self, place: str, step: Mapping[str, Any], _depth: int) -> None:
        self._known(place, step, {"for", "at", "on", "by"})
        by = self._expression(f"{place}.by", step["by"]) if step.get("by") else None
        self._out.append(Collect(place=place, by=by, **self._pause(place, step)))

    def _throttle(self, place: str, step: Mapping[str, Any], _depth: int) -> None:
        self._known(place, step, {"most", "per"})
        most = step.get("most")
        if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= MOST_THROTTLED:
            self.say(f"{place}.most", f"a whole number from 1 to {MOST_THROTTLED}")
            most = 1
        self._out.append(Throttle(place=place, most=most, length=self._length(place, "per", step)))

    def _condition(self, place: str, step: Mapping[str, Any], _depth: int) -> None:
        self._known(place, step, {"when"})
        test = self._expression(f"{place}.when", step.get("when"))
        self._out.append(Jump(place=place, unless=test, to=-1))

    def _branch(self, place: str, step: Mapping[str, Any], depth: int) -> None:
        self._known(place, step, {"when", "then", "else"})
        test = self._expression(f"{place}.when", step.get("when"))
        begin = len(self._out)
        self._out.append(Jump(place=place, unless=test, to=-1))
        self.block(f"{place}.then", step.get("then"), depth + 1)
        otherwise = len(self._out)
        if "else" in step:
            self._out.append(Jump(place=place, unless=None, to=-1))
            self.block(f"{place}.else", step["else"], depth + 1)
            self._out[otherwise] = Jump(place=place, unless=None, to=len(self._out))
            otherwise += 1
        self._out[begin] = Jump(place=place, unless=test, to=otherwise)

    def _known(self, place: str, step: Mapping[str, Any], fields: set[str]) -> None:
        for name in sorted(set(step) - fields - {"do"}):
            self.say(f"{place}.{name}", "there is no such field")

    def _pause(self, place: str, step: Mapping[str, Any]) -> dict[str, Any]:
        """Return for how long it waits, or until which time of the day."""
        if "at" not in step:
            if "on" in step:
                self.say(f"{place}.on", "days go with a time, `at`")
            return {"length": self._length(place, "for", step)}
        if "for" in step:
            self.say(f"{place}.at", "a step waits `for` a time or until one, `at`; not both")
        try:
            return {"at": WallTime.of(step)}
        except ValueError as error:
            self.say(f"{place}.at", str(error))
            return {}

    def _length(self, place: str, name: str, step: Mapping[str, Any]) -> timedelta:
        try:
            return length(step.get(name))
        except ValueError as error:
            self.say(f"{place}.{name}", str(error))
            return timedelta()

    def _expression(self, place: str, text: Any) -> Evaluated | None:
        if not isinstance(text, str) or not text.strip():
            self.say(place, "expected an expression")
            return None
        try:
            return compiled(text)
        except ExpressionError as error:
            self.say(place, str(error))
            return None
