"""How each kind of text looks, in the theme of a document."""

from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle

from apps.documents.adapters.pdf import fonts
from apps.documents.domain.model.blocks import Align, Look, Theme
from apps.documents.domain.model.texts import Style

_SIDES = {"start": TA_LEFT, "center": TA_CENTER, "end": TA_RIGHT, "justify": TA_JUSTIFY}
_HEADINGS = {1: 1.9, 2: 1.5, 3: 1.2}
_LOOKS: dict[Look, float] = {"display": 2.2, "lead": 1.2, "small": 0.85, "code": 0.9}


class Styles:
    """Paragraph styles of reportlab, each made once for a document."""

    def __init__(self, theme: Theme, rtl: bool) -> None:
        self.theme = theme
        self.rtl = rtl
        self.color = HexColor(theme.color)
        self.accent = HexColor(theme.accent)
        self.stripe = HexColor(theme.stripe)
        self.line = HexColor("#d1d5db")
        self._made: dict[tuple[Any, ...], ParagraphStyle] = {}

    def side(self, align: Align) -> Any:
        """Return reportlab's number for an alignment; start is right where one reads from there."""
        side = _SIDES[align]
        if self.rtl and side in (TA_LEFT, TA_RIGHT):
            return TA_RIGHT if side == TA_LEFT else TA_LEFT
        return side

    def paragraph(self, look: Look = "normal", align: Align = "start") -> ParagraphStyle:
        """Return the style of running text."""
        key = (look, align)
        if key not in self._made:
            size = self.theme.size * _LOOKS.get(look, 1)
            more: dict[str, Any] = {}
            if look == "quote":
                more = {"leftIndent": 10, "borderPadding": (0, 0, 0, 8), "textColor": "#4b5563"}
            if look == "display":
                more = {"spaceAfter": size * 0.2}
            if look == "code":
                more = {"backColor": self.theme.stripe, "borderPadding": 4, "spaceBefore": 4}
            more = {"textColor": self.theme.color, "spaceAfter": size * 0.6} | more
            font = {"code": fonts.MONO, "display": fonts.BOLD}.get(look, fonts.REGULAR)
            self._made[key] = self._style(font, size, align, **more)
        return self._made[key]

    def heading(self, level: int) -> ParagraphStyle:
        """Return the style of a title, which stays with what it is the title of."""
        key = ("heading", level)
        if key not in self._made:
            size = self.theme.size * _HEADINGS.get(level, 1)
            self._made[key] = self._style(
                fonts.BOLD,
                size,
                "start",
                textColor=self.theme.color,
                spaceBefore=size * 0.9,
                spaceAfter=size * 0.4,
                keepWithNext=1,
            )
        return self._made[key]

    def cell(self, align: Align, *, bold: bool) -> ParagraphStyle:
        """Return the style of a table's cell."""
        key = ("cell", align, bold)
        if key not in self._made:
            font = fonts.BOLD if bold else fonts.REGULAR
            size = self.theme.size * 0.9
            self._made[key] = self._style(font, size, align, textColor=self.theme.color)
        return self._made[key]

    def _style(self, font: str, size: float, align: Align, **more: Any) -> ParagraphStyle:
        return ParagraphStyle(
            f"{font}-{size:g}-{align}-{len(self._made)}",
            fontName=font,
            fontSize=size,
            leading=round(size * 1.35, 2),
            alignment=self.side(align),
            splitLongWords=1,
            allowWidows=0,
            allowOrphans=0,
            **more,
        )


def font_of(style: Style, base: str) -> str:
    """Return the font of a run within text that is set in `base`."""
    if style.code or base in (fonts.MONO, fonts.MONO_BOLD):
        return fonts.MONO_BOLD if style.bold else fonts.MONO
    bold = style.bold or base == fonts.BOLD
    if style.italic:
        return fonts.BOLD_ITALIC if bold else fonts.ITALIC
    return fonts.BOLD if bold else fonts.REGULAR
