"""Objects of JSON read key by key: what is missing, unknown or of a wrong type is a finding."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from apps.documents.domain.expressions.compiling import compile_expression
from apps.documents.domain.findings import Finding, under
from apps.documents.domain.limits import Limits
from apps.documents.domain.model.texts import Expression
from contracts.expressions.errors import ExpressionError
from contracts.expressions.nodes import Literal
from contracts.expressions.parsing import parse_expression, parse_placeholder

Choice = TypeVar("Choice", bound=str)

_NAME = re.compile(r"[^\W\d]\w{0,39}", re.ASCII)
_COLOR = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)
#: Characters that XML, and so Word and Excel, cannot hold; lone surrogates are in no encoding.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SHOWN = 60
_NULL = Literal(0, None)


@dataclass(slots=True)
class Notes:
    """What was found so far, and how many things were read."""

    limits: Limits
    findings: list[Finding] = field(default_factory=list)
    blocks: int = 0
    cells: int = 0

    def add(self, place: str, code: str, message: str, block: str = "") -> None:
        """Note something to mend; beyond a hundred nobody reads on."""
        if len(self.findings) < 100:
            self.findings.append(Finding(place, code, message, block))


class Reader:
    """One object of a template. Each method reads a key and returns something in any case."""

    def __init__(
        self,
        given: Mapping[str, Any],
        place: str,
        block: str,
        notes: Notes,
        names: frozenset[str],
    ) -> None:
        self.given = given
        self.place = place
        self.block = block
        self.notes = notes
        self.names = names
        self._read = {"type"}

    def at(self, key: str) -> str:
        """Return the place of a key."""
        return under(self.place, key)

    def refuse(self, key: str, code: str, message: str) -> None:
        """Note what is wrong with a key."""
        self.notes.add(self.at(key) if key else self.place, code, message, self.block)

    def take(self, key: str) -> Any:
        """Return what is there, or None."""
        self._read.add(key)
        return self.given.get(key)

    def finish(self) -> None:
        """Note the keys that nothing has read."""
        for key in self.given:
            if key not in self._read:
                known = ", ".join(sorted(self._read - {"type"}))
                self.refuse(key[:_SHOWN], "unknown", f"unknown key; known here: {known}")

    def flag(self, key: str, default: bool = False) -> bool:
        """Return true or false."""
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.refuse(key, "type", f"true or false, found {_shown(value)}")
            return default
        return value

    def number(self, key: str, least: float, most: float) -> float | None:
        """Return a number within bounds."""
        value = self.take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(key, "type", f"a number, found {_shown(value)}")
        elif not least <= value <= most:
            self.refuse(key, "range", f"a number from {least:g} to {most:g}, found {_shown(value)}")
        else:
            return float(value)
        return None

    def whole(self, key: str, least: int, most: int, default: int) -> int:
        """Return a whole number within bounds."""
        found = self.number(key, least, most)
        if found is None:
            return default
        if found % 1:
            self.refuse(key, "type", f"a whole number, found {found}")
        return int(found)

    def string(self, key: str, most: int = 200) -> str:
        """Return a text without placeholders."""
        value = self.take(key)
        if value is None:
            return ""
        return self.checked(value, self.at(key), most)

    def checked(self, value: Any, place: str, most: int) -> str:
        """Return a text that is not too long and can be written everywhere."""
        if not isinstance(value, str):
            self.notes.add(place, "type", f"a text, found {_shown(value)}", self.block)
        elif len(value) > most:
            self.notes.add(place, "size", f"a text of at most {most} characters", self.block)
        elif found := UNWRITABLE.search(value):
            self.notes.add(
                place, "character", f"no document holds U+{ord(found[0]):04X}", self.block
            )
        else:
            return value
        return ""

    def choice(self, key: str, choices: Iterable[Choice], default: Choice) -> Choice:
        """Return one of several words."""
        value = self.take(key)
        if value is None:
            return default
        for one in choices:
            if value == one:
                return one
        self.refuse(key, "choice", f"one of {', '.join(choices)}, found {_shown(value)}")
        return default

    def name(self, key: str, default: str = "") -> str:
        """Return a name that an expression can use."""
        value = self.take(key)
        if value is None and default:
            return default
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            self.refuse(key, "name", f"a name of letters, digits and _, found {_shown(value)}")
            return default or "item"
        return value

    def color(self, key: str, default: str = "") -> str:
        """Return `#rrggbb`."""
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, str) or not _COLOR.fullmatch(value):
            self.refuse(key, "color", f"a colour as #rrggbb, found {_shown(value)}")
            return default
        return value.lower()

    def objects(self, key: str, most: int) -> Iterator[tuple[Mapping[str, Any], str]]:
        """Yield the objects of a list, each with its place."""
        for value, place in self.values(key, most):
            if isinstance(value, dict):
                yield value, place
            else:
                self.notes.add(place, "type", f"an object, found {_shown(value)}", self.block)

    def values(self, key: str, most: int) -> Iterator[tuple[Any, str]]:
        """Yield what a list holds, each with its place."""
        found = self.take(key)
        if found is None:
            return
        if not isinstance(found, list):
            self.refuse(key, "type", f"a list, found {_shown(found)}")
            return
        if len(found) > most:
            self.refuse(key, "size", f"at most {most} of these, found {len(found)}")
            return
        for position, value in enumerate(found):
            yield value, under(self.at(key), position)

    def expression(self, key: str, *, names: frozenset[str] | None = None) -> Expression | None:
        """Return an expression, or None where there is none or a wrong one."""
        value = self.take(key)
        if value is None:
            return None
        source = self.checked(value, self.at(key), self.notes.limits.expression_length)
        return self.compiled(source, self.at(key), names) if source else None

    def needed(self, key: str, *, names: frozenset[str] | None = None) -> Expression:
        """Return an expression that has to be there."""
        found = self.expression(key, names=names)
        if found is not None:
            return found
        if self.given.get(key) in (None, ""):
            self.refuse(key, "missing", "an expression is needed here")
        return Expression("null", self.at(key), self.block, _NULL, compile_expression(_NULL))

    def compiled(
        self, source: str, place: str, names: frozenset[str] | None = None
    ) -> Expression | None:
        """Return an expression of its text."""
        names = self.names if names is None else names
        try:
            node = parse_expression(source, self.notes.limits)
            evaluate = compile_expression(node, names)
        except ExpressionError as error:
            self.note(error, source, place)
            return None
        return Expression(source, place, self.block, node, evaluate, names)

    def note(self, error: ExpressionError, source: str, place: str) -> None:
        """Note an expression that cannot be read."""
        if len(self.notes.findings) < 100:
            self.notes.findings.append(
                Finding(place, error.code, error.message, self.block, source, error.at)
            )

    def template(
        self, value: Any, place: str, names: frozenset[str] | None = None
    ) -> tuple[str | Expression, ...]:
        """Return the parts of a text with `{{ placeholders }}`."""
        text = self.checked(value, place, self.notes.limits.text_length)
        names = self.names if names is None else names
        parts: list[str | Expression] = []
        end = 0
        while (start := text.find("{{", end)) >= 0:
            if start > end:
                parts.append(text[end:start])
            try:
                node, after = parse_placeholder(text, start + 2, self.notes.limits)
                evaluate = compile_expression(node, names)
            except ExpressionError as error:
                self.note(error, text, place)
                return tuple(parts)
            source = text[start + 2 : after - 2]
            parts.append(
                Expression(source, place, self.block, node, evaluate, names, offset=start + 2)
            )
            end = after
        if end < len(text):
            parts.append(text[end:])
        return tuple(parts)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"
