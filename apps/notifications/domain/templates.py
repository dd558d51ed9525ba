"""Texts with `{{ values }}`, `{{#if …}}…{{else}}…{{/if}}` and `{{#each … as x}}…{{/each}}`."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from apps.notifications.domain.expressions import compiled
from contracts.expressions.errors import ExpressionError
from contracts.expressions.frames import Frame
from contracts.expressions.signatures import Evaluated
from contracts.expressions.values import Value, plain, truth

MOST_CHARACTERS = 50_000
_MOST_DEPTH = 8
_MOST_TURNS = 1_000
#: What stands in a text between braces.
TAG = re.compile(r"\{\{((?:[^{}\"']|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')*)\}\}", re.DOTALL)
_EACH = re.compile(r"(.+)[ \t]as[ \t]+([A-Za-z_]\w*)", re.DOTALL)

#: What makes of a value the text that stands for it.
Show = Callable[[str], str]


class TemplateError(ValueError):
    """A template that cannot be read, or not be filled with this data; `at` is the character."""

    def __init__(self, at: int, message: str) -> None:
        self.at = at
        super().__init__(f"at character {at + 1}: {message}")


@dataclass(frozen=True, slots=True)
class _Text:
    text: str


@dataclass(frozen=True, slots=True)
class _Value:
    at: int
    of: Evaluated


@dataclass(frozen=True, slots=True)
class _If:
    at: int
    of: Evaluated
    then: "tuple[_Part, ...]"
    otherwise: "tuple[_Part, ...]"


@dataclass(frozen=True, slots=True)
class _Each:
    at: int
    of: Evaluated
    name: str
    body: "tuple[_Part, ...]"


_Part = _Text | _Value | _If | _Each


@dataclass(frozen=True, slots=True)
class Template:
    """A text that was read."""

    parts: tuple[_Part, ...]

    def filled(self, frame: Frame, show: Show = str) -> str:
        """Return it with the values of the data, each as `show` has it; raises TemplateError."""
        pieces: list[str] = []
        length = 0
        for piece in _filled(self.parts, frame, show):
            length += len(piece)
            if length > 4 * MOST_CHARACTERS:
                raise TemplateError(0, f"it becomes longer than {4 * MOST_CHARACTERS} characters")
            pieces.append(piece)
        return "".join(pieces)


def read_template(text: str, *, most: int = MOST_CHARACTERS) -> Template:
    """Read a text; raises TemplateError."""
    if len(text) > most:
        raise TemplateError(0, f"a text has at most {most} characters")
    return Template(_Reader(text).all())


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tags = list(TAG.finditer(text))
        self._next = 0
        self._at = 0

    def all(self) -> tuple[_Part, ...]:
        parts, end, at = self._until(frozenset(), frozenset(), 0)
        if end:
            raise TemplateError(at, f"`{end}` ends nothing")
        return parts

    def _until(
        self, ends: frozenset[str], names: frozenset[str], depth: int
    ) -> tuple[tuple[_Part, ...], str, int]:
        """Return the parts up to one of these ends, and the end that was found, if any."""
        if depth > _MOST_DEPTH:
            raise TemplateError(self._at, f"blocks stand in at most {_MOST_DEPTH} others")
        parts: list[_Part] = []
        while self._next < len(self._tags):
            tag = self._tags[self._next]
            self._next += 1
            if tag.start() > self._at:
                parts.append(_Text(self._plain(self._at, tag.start())))
            self._at = tag.end()
            inside = tag[1].strip()
            if inside in ends or inside == "else" or inside.startswith("/"):
                return tuple(parts), inside, tag.start()
            parts.append(self._tag(inside, tag.start(), names, depth))
        if self._at < len(self._text):
            parts.append(_Text(self._plain(self._at, len(self._text))))
            self._at = len(self._text)
        return tuple(parts), "", self._at

    def _plain(self, begin: int, end: int) -> str:
        text = self._text[begin:end]
        if (found := text.find("{{")) >= 0:
            raise TemplateError(begin + found, "`{{` is never closed, or holds `{` or `}`")
        return text

    def _tag(self, inside: str, at: int, names: frozenset[str], depth: int) -> _Part:
        word, _, rest = inside.partition(" ")
        if word == "#if":
            return self._if(rest.strip(), at, names, depth)
        if word == "#each":
            return self._each(rest.strip(), at, names, depth)
        if word.startswith("#"):
            raise TemplateError(at, f"there is no block `{word[:40]}`: #if and #each")
        return _Value(at, _expression(inside, at, names))

    def _if(self, test: str, at: int, names: frozenset[str], depth: int) -> _Part:
        of = _expression(test, at, names)
        then, end, end_at = self._until(frozenset(("/if", "else")), names, depth + 1)
        otherwise: tuple[_Part, ...] = ()
        if end == "else":
            otherwise, end, end_at = self._until(frozenset(("/if",)), names, depth + 1)
        _closed("if", end, at, end_at)
        return _If(at, of, then, otherwise)

    def _each(self, told: str, at: int, names: frozenset[str], depth: int) -> _Part:
        found = _EACH.fullmatch(told)
        if found is None:
            raise TemplateError(at, "a loop is written `{{#each events as event}}`")
        of = _expression(found[1], at, names)
        body, end, end_at = self._until(frozenset(("/each",)), names | {found[2]}, depth + 1)
        _closed("each", end, at, end_at)
        return _Each(at, of, found[2], body)


def _closed(block: str, end: str, at: int, end_at: int) -> None:
    if not end:
        raise TemplateError(at, f"`#{block}` is never closed by `/{block}`")
    if end != f"/{block}":
        raise TemplateError(end_at, f"`/{block}` is expected here, found `{end}`")


def _expression(text: str, at: int, names: frozenset[str]) -> Evaluated:
    try:
        return compiled(text, names)
    except ExpressionError as error:
        raise TemplateError(at, error.message) from None


def _filled(parts: Sequence[_Part], frame: Frame, show: Show) -> Iterator[str]:
    for part in parts:
        match part:
            case _Text():
                yield part.text
            case _Value():
                yield show(_shown(part, frame))
            case _If():
                chosen = part.then if truth(_evaluated(part, frame)) else part.otherwise
                yield from _filled(chosen, frame, show)
            case _Each():
                yield from _turns(part, frame, show)


def _turns(part: _Each, frame: Frame, show: Show) -> Iterator[str]:
    items = _evaluated(part, frame)
    if not isinstance(items, list):
        raise TemplateError(part.at, "`#each` goes over a list")
    if len(items) > _MOST_TURNS:
        raise TemplateError(part.at, f"`#each` goes over at most {_MOST_TURNS}")
    outer = frame.names.get(part.name)
    try:
        for item in items:
            frame.names[part.name] = item
            yield from _filled(part.body, frame, show)
    finally:
        frame.names[part.name] = outer


def _evaluated(part: "_If | _Each", frame: Frame) -> Value:
    try:
        return part.of(frame)
    except ExpressionError as error:
        raise TemplateError(part.at, error.message) from None


def _shown(part: _Value, frame: Frame) -> str:
    try:
        return plain(part.of(frame))
    except ExpressionError as error:
        raise TemplateError(part.at, error.message) from None
    except TypeError as error:
        raise TemplateError(part.at, str(error)) from None
