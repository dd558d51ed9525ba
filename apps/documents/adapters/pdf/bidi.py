"""Paragraphs with Arabic or Hebrew: lines are broken in reading order, then put into the order of
sight (Unicode Annex 9, by python-bidi), each run shaped by HarfBuzz."""

from copy import copy
from dataclasses import dataclass
from typing import Any, TypeAlias

from bidi.algorithm import (  # type: ignore[import-untyped]  # it ships none
    apply_mirroring,
    explicit_embed_and_overrides,
    get_base_level,
    get_embedding_levels,
    get_empty_storage,
    reorder_resolved_levels,
    resolve_implicit_levels,
    resolve_neutral_types,
    resolve_weak_types,
)
from reportlab.lib.colors import Color, toColor
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import getFont
from reportlab.pdfbase.ttfonts import ShapedStr, shapeStr
from reportlab.platypus import Flowable

from apps.documents.adapters.pdf.fonts import Fonts, width
from apps.documents.adapters.pdf.styles import font_of
from apps.documents.domain.model.texts import Span, Spans

#: Of these nothing is seen.
_REMOVED = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class _Mark:
    """A character in reading order, with what it is set in."""

    character: str
    font: str
    span: Span


_Seen: TypeAlias = tuple[str, _Mark]


@dataclass(frozen=True, slots=True)
class _Run:
    """Characters that are drawn together, in the order of sight, and the width they take."""

    text: str
    font: str
    span: Span
    width: float


class BidiParagraph(Flowable):
    """A paragraph in reading order; it splits between lines."""

    def __init__(
        self, spans: Spans, style: ParagraphStyle, fonts: Fonts, *, rtl: bool, link: Color
    ) -> None:
        super().__init__()
        self.spans = spans
        self.style = style
        self.fonts = fonts
        self.spaceBefore = style.spaceBefore
        self.spaceAfter = style.spaceAfter
        self.keepWithNext = getattr(style, "keepWithNext", 0)
        text = "".join(span.text for span in spans)
        # A document that reads from the right is one; another one follows its first letter.
        self.rtl = rtl or get_base_level(text) == 1
        self.turned = self.rtl and not rtl
        self.link = link
        self._lines: list[list[_Run]] | None = None

    def wrap(self, available: float, height: float) -> tuple[float, float]:
        """Break lines and return the room they take."""
        self.width = available
        if self._lines is None:
            room = available - self.style.leftIndent - self.style.rightIndent
            self._lines = [
                self._runs(line) for part in self._parts() for line in self._broken(part, room)
            ]
        self.height = len(self._lines) * self.style.leading
        return available, self.height

    def split(self, available: float, height: float) -> list[Flowable]:
        """Return the lines that fit and the rest, or nothing if not one does."""
        self.wrap(available, height)
        fit = int(height / self.style.leading + 1e-6)
        lines = self._lines or []
        if not 0 < fit < len(lines):
            return [] if not fit else [self]
        return [self._with(lines[:fit]), self._with(lines[fit:])]

    def _with(self, lines: list[list[_Run]]) -> Flowable:
        some = copy(self)
        some._lines = lines  # noqa: SLF001
        return some

    def _parts(self) -> list[list[_Mark]]:
        """Return the marks of each line that the text itself ends."""
        parts: list[list[_Mark]] = [[]]
        for span in self.spans:
            font = font_of(span.style, self.style.fontName)
            for name, piece in self.fonts.runs(span.text, font):
                for character in piece:
                    if character == "\n":
                        parts.append([])
                    elif character not in _REMOVED:
                        parts[-1].append(_Mark(character, name, span))
        return parts

    def _broken(self, marks: list[_Mark], room: float) -> list[list[_Mark]]:
        lines: list[list[_Mark]] = []
        line: list[_Mark] = []
        taken = 0.0
        for word in _split(marks):
            wide = sum(run.width for run in self._runs(word))
            if line and taken + wide > room and word[0].character != " ":
                lines.append(line)
                line, taken = [], 0.0
            line.extend(word)
            taken += wide
        return [*lines, line]

    def _runs(self, marks: list[_Mark]) -> list[_Run]:
        """Return what a line is drawn as, from left to right."""
        while marks and marks[-1].character == " " and len(marks) > 1:
            marks = marks[:-1]
        runs: list[tuple[int, list[_Seen]]] = []
        for level, shown, mark in _in_sight(marks, rtl=self.rtl):
            last = runs[-1] if runs else None
            if last and last[0] == level and _set(mark) == _set(last[1][0][1]):
                last[1].append((shown, mark))
            else:
                runs.append((level, [(shown, mark)]))
        return [self._run(level, seen) for level, seen in runs]

    def _run(self, level: int, seen: list[_Seen]) -> _Run:
        font, span = _set(seen[0][1])
        if level % 2 and _is_shaped(font):
            # HarfBuzz turns around and mirrors what it is given in reading order.
            text = "".join(mark.character for _, mark in reversed(seen))
        else:
            text = "".join(shown for shown, _ in seen)
        if _is_shaped(font):
            text = shapeStr(text, font, self._size(span))
        return _Run(text, font, span, _width(text, font, self._size(span)))

    def _size(self, span: Span) -> float:
        return self.style.fontSize * (0.7 if span.style.sub or span.style.sup else 1)

    def draw(self) -> None:
        """Draw the lines."""
        style, y = self.style, self.height - self.style.fontSize
        for line in self._lines or []:
            x = self._start(sum(run.width for run in line))
            for run in line:
                self._draw_run(run, x, y)
                x += run.width
            y -= style.leading

    def _start(self, wide: float) -> float:
        style = self.style
        left, right = style.leftIndent, self.width - style.rightIndent - wide
        if style.alignment == TA_CENTER:
            return float(left + right) / 2
        # In a document that reads from the left, the start of this paragraph may be at the right.
        if style.alignment == TA_JUSTIFY or self.turned:
            return float(right if self.rtl == (style.alignment != TA_RIGHT) else left)
        return float(right if style.alignment == TA_RIGHT else left)

    def _draw_run(self, run: _Run, x: float, y: float) -> None:
        canvas, size, marks = self.canv, self._size(run.span), run.span.style
        linked = run.span.link and not marks.color
        color = self.link if linked else toColor(marks.color or self.style.textColor)
        canvas.setFillColor(color)
        canvas.setStrokeColor(color)
        canvas.setFont(run.font, size)
        rise = size * 0.4 if marks.sup else -size * 0.25 if marks.sub else 0
        canvas.drawString(x, y + rise, run.text)
        canvas.setLineWidth(size / 18)
        if marks.underline:
            canvas.line(x, y - size * 0.12, x + run.width, y - size * 0.12)
        if marks.strike:
            canvas.line(x, y + size * 0.3, x + run.width, y + size * 0.3)
        if run.span.link:
            box = (x, y - size * 0.2, x + run.width, y + size)
            canvas.linkURL(run.span.link, box, relative=1)


def _set(mark: _Mark) -> tuple[str, Span]:
    return mark.font, mark.span


def _is_shaped(font: str) -> bool:
    return bool(getattr(getFont(font), "shapable", False))


def _width(text: str, font: str, size: float) -> float:
    if isinstance(text, ShapedStr):
        data: Any = vars(text)["__shapeData__"]
        return float(sum(one.x_advance for one in data)) * size / 1000
    return width(text, font, size)


def _split(marks: list[_Mark]) -> list[list[_Mark]]:
    """Return words and the spaces between them."""
    found: list[list[_Mark]] = []
    for mark in marks:
        if found and (mark.character == " ") == (found[-1][0].character == " "):
            found[-1].append(mark)
        else:
            found.append([mark])
    return found


def _in_sight(marks: list[_Mark], *, rtl: bool) -> list[tuple[int, str, _Mark]]:
    """Return marks from left to right: the level, the character as it is seen there, the mark."""
    storage: Any = get_empty_storage()
    storage["base_level"] = int(rtl)
    storage["base_dir"] = "R" if rtl else "L"
    get_embedding_levels("".join(mark.character for mark in marks), storage, False, False)
    for character, mark in zip(storage["chars"], marks, strict=True):
        character["mark"] = mark
    explicit_embed_and_overrides(storage, False)
    resolve_weak_types(storage, False)
    resolve_neutral_types(storage, False)
    resolve_implicit_levels(storage, False)
    reorder_resolved_levels(storage, False)
    apply_mirroring(storage, False)
    return [(one["level"], one["ch"], one["mark"]) for one in storage["chars"]]
