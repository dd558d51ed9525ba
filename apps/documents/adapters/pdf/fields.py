"""Fields of a form, with their labels."""

from typing import Any

from reportlab.lib.colors import HexColor, white
from reportlab.platypus import Flowable

from apps.documents.adapters.pdf.texts import Texts
from apps.documents.domain.evaluation import parts
from apps.documents.domain.model.texts import Span, words

_BOX = 12.0
_WIDTH = 320.0
_BORDER = HexColor("#9ca3af")
_OFF = frozenset(("", "false", "0"))


class FieldFlowable(Flowable):
    """A field and its label; one that is `fixed` is drawn and cannot be filled."""

    def __init__(self, part: parts.Field, texts: Texts, *, fixed: bool) -> None:
        super().__init__()
        self.part = part
        self.texts = texts
        self.fixed = fixed
        self.label = texts.paragraph(part.label, texts.styles.paragraph())
        self.spaceAfter = 8

    def wrap(self, available: float, height: float) -> tuple[float, float]:
        """Return the room that both take."""
        beside = self.part.control == "checkbox"
        taken = self.label.wrap(available - (_BOX + 6 if beside else 0), height)[1]
        self.width = available
        self.height = max(taken, _BOX) if beside else taken + 22
        return self.width, self.height

    def draw(self) -> None:
        """Draw the label and add the field to the page's form."""
        if self.fixed:
            self._draw_fixed()
            return
        form: Any = self.canv.acroForm
        common = {
            "name": self.part.name,
            "tooltip": words(self.part.label),
            "relative": True,
            "borderWidth": 0.8,
            "borderColor": _BORDER,
            "fillColor": white,
        }
        if self.part.control == "checkbox":
            self.label.drawOn(self.canv, _BOX + 6, 0)
            form.checkbox(checked=self.part.value not in _OFF, x=0, y=0, size=_BOX, **common)
            return
        self.label.drawOn(self.canv, 0, 22)
        place = {"x": 0, "y": 0, "width": min(_WIDTH, self.width), "height": 18, "fontSize": 10}
        if self.part.control == "choice":
            options = list(self.part.options)
            form.choice(value=self.part.value or options[0], options=options, **place, **common)
        else:
            form.textfield(value=self.part.value, maxlen=1_000, **place, **common)

    def _draw_fixed(self) -> None:
        style = self.texts.styles.paragraph()
        if self.part.control == "checkbox":
            self.label.drawOn(self.canv, _BOX + 6, 0)
            self.canv.rect(0.5, 0.5, _BOX - 1, _BOX - 1)
            if self.part.value not in _OFF:
                self.canv.lines([(3, 3, _BOX - 3, _BOX - 3), (3, _BOX - 3, _BOX - 3, 3)])
            return
        self.label.drawOn(self.canv, 0, 22)
        width = min(_WIDTH, self.width)
        self.canv.rect(0.5, 0.5, width - 1, 17)
        value = self.texts.paragraph((Span(self.part.value),), style)
        value.wrap(width - 8, 18)
        value.drawOn(self.canv, 4, (18 - style.leading) / 2)
