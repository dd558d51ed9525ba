"""What fields of a form show, drawn by reportlab in the fonts of documents."""

import io
import re
from collections.abc import Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name
from reportlab.lib.colors import Color, black
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas

from apps.documents.adapters.pdf import fonts
from apps.documents.adapters.pdf.styles import Styles
from apps.documents.adapters.pdf.texts import Texts
from apps.documents.domain.model.blocks import Theme

_SIZE = re.compile(r"([\d.]+)\s+Tf")
_COLOR = re.compile(r"((?:[\d.]+\s+){1,4})(g|rg)\b")
_PADDING = 2.0
_LEADING, _ENDLESS = 1.25, 100_000.0
_USUAL, _LEAST, _LARGEST = 12.0, 4.0, 144.0
#: Readers turn a widget by a matrix of its drawing: degrees, and what it takes.
_TURNS = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}

Drawing = tuple[list[Any], str, dict[str, Any]]


def draw_fields(pdf: pikepdf.Pdf, drawings: Sequence[Drawing], language: str) -> list[Any]:
    """Give widgets what they show; returns what was drawn."""
    if not drawings:
        return []
    texts = Texts(fonts.Fonts(language), Styles(Theme(), rtl=False))
    out = io.BytesIO()
    # The stubs take its name for a number.
    named: Any = {"initialFontName": fonts.REGULAR}
    canvas = Canvas(out, invariant=1, **named)
    widgets = []
    for own, text, about in drawings:
        for widget in own:
            width, height = _size(widget)
            canvas.setPageSize((width, height))
            _Box(canvas, texts, width, height, about).draw(text, _border(widget))
            canvas.showPage()
            widgets.append(widget)
    canvas.save()
    with pikepdf.open(out) as drawn:
        forms = [pdf.copy_foreign(page.as_form_xobject()) for page in drawn.pages]
    for widget, form in zip(widgets, forms, strict=True):
        _give(widget, form)
    return forms


def _give(widget: Any, form: Any) -> None:
    turned = _turned(widget)
    if turned in _TURNS:
        width, height = (float(one) for one in list(form.BBox)[2:])
        right = height if turned == 90 else width if turned == 180 else 0
        up = height if turned == 180 else width if turned == 270 else 0
        form.Matrix = Array([*_TURNS[turned], right, up])
    widget.AP = Dictionary(N=form)
    if Name.AS in widget:
        del widget.AS


def _turned(widget: Any) -> int:
    return int(widget.get(Name.MK, {}).get(Name.R, 0)) % 360


def _size(widget: Any) -> tuple[float, float]:
    left, low, right, high = (float(one) for one in widget.Rect)
    width, height = max(abs(right - left), 1.0), max(abs(high - low), 1.0)
    return (height, width) if _turned(widget) in (90, 270) else (width, height)


def _border(widget: Any) -> tuple[Color | None, Color | None, float]:
    """Return the ground, the line around it and how wide that is."""
    look = widget.get(Name.MK, {})
    width = float(widget.get(Name.BS, {}).get(Name.W, 1))
    return _color(look.get(Name.BG, ())), _color(look.get(Name.BC, ())), width


def _color(parts: Any) -> Color | None:
    values = [min(max(float(one), 0.0), 1.0) for one in parts]
    if len(values) == 1:
        values *= 3
    return Color(*values) if len(values) == 3 else None


class _Box:
    """The room of one widget."""

    def __init__(
        self, canvas: Any, texts: Texts, width: float, height: float, about: dict[str, Any]
    ) -> None:
        self.canvas = canvas
        self.texts = texts
        self.width, self.height = width, height
        self.about = about
        size = _SIZE.search(about["look"])
        self.given = min(float(size[1]), _LARGEST) if size else 0.0
        color = _COLOR.search(about["look"])
        self.color = (_color(color[1].split()) if color else None) or black

    def draw(self, text: str, border: tuple[Color | None, Color | None, float]) -> None:
        """Draw ground, line and text, which is cut at the edge."""
        canvas = self.canvas
        ground, line, width = border
        if ground:
            canvas.setFillColor(ground)
            canvas.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        if line and width:
            canvas.setStrokeColor(line)
            canvas.setLineWidth(width)
            canvas.rect(width / 2, width / 2, self.width - width, self.height - width)
        edge = canvas.beginPath()
        edge.rect(1, 1, max(self.width - 2, 0), max(self.height - 2, 0))
        canvas.clipPath(edge, stroke=0)
        if self.about["comb"]:
            self._comb(text)
        elif self.about["multiline"]:
            self._lines(text)
        else:
            self._line(" ".join(text.split()))

    def _style(self, size: float, side: Any) -> ParagraphStyle:
        return ParagraphStyle(
            "field",
            fontName=fonts.REGULAR,
            fontSize=size,
            leading=size * _LEADING,
            textColor=self.color,
            alignment=side if side in (1, 2) else 0,
            splitLongWords=1,
        )

    def _line(self, text: str) -> None:
        size = self.given or min(_USUAL, self.height * 0.7)
        paragraph, size, taken = self._fitted(text, size, None)
        if taken > size * _LEADING * 1.5:
            # Wider than the field even so: it is cut at the end, and not wrapped.
            paragraph = self.texts.plain(text, self._style(size, 0))
            paragraph.wrap(_ENDLESS, self.height)
        paragraph.drawOn(self.canvas, _PADDING, (self.height - size * _LEADING) / 2)

    def _lines(self, text: str) -> None:
        high = self.height - 2 * _PADDING
        paragraph, _, taken = self._fitted(text, self.given or _USUAL, high)
        paragraph.drawOn(self.canvas, _PADDING, self.height - _PADDING - taken)

    def _fitted(self, text: str, size: float, high: float | None) -> tuple[Any, float, float]:
        """Return a paragraph, its size and its height; without a given size it is made to fit."""
        room = max(self.width - 2 * _PADDING, 1)
        while True:
            paragraph: Any = self.texts.plain(text, self._style(size, self.about["side"]))
            taken = paragraph.wrap(room, self.height)[1]
            fits = taken <= (size * _LEADING * 1.5 if high is None else high)
            if fits or self.given or size <= _LEAST:
                return paragraph, size, taken
            size = max(size - 1, _LEAST)

    def _comb(self, text: str) -> None:
        cell = self.width / self.about["comb"]
        size = self.given or min(_USUAL, self.height * 0.7, cell * 1.2)
        style = self._style(size, 1)
        for at, character in enumerate(text[: self.about["comb"]]):
            one = self.texts.plain(character, style)
            one.wrap(cell * 2, self.height)
            one.drawOn(self.canvas, (at - 0.5) * cell, (self.height - size * _LEADING) / 2)
