"""Spans become paragraphs: reportlab's, or ours where a script is written from right to left."""

import re
from html import escape

from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, Paragraph

from apps.documents.adapters.pdf.bidi import BidiParagraph
from apps.documents.adapters.pdf.fonts import Fonts
from apps.documents.adapters.pdf.styles import Styles, font_of
from apps.documents.domain.model.texts import PLAIN, Span, Spans, words

_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def needs_bidi(text: str) -> bool:
    """Return whether a text has characters that are written from right to left."""
    return not text.isascii() and _RTL.search(text) is not None


class Texts:
    """Makes paragraphs for one document."""

    def __init__(self, fonts: Fonts, styles: Styles) -> None:
        self.fonts = fonts
        self.styles = styles

    def paragraph(self, spans: Spans, style: ParagraphStyle, *, anchor: str = "") -> Flowable:
        """Return a paragraph of spans; line ends are kept."""
        if needs_bidi(words(spans)):
            styles = self.styles
            return BidiParagraph(spans, style, self.fonts, rtl=styles.rtl, link=styles.accent)
        before = f'<a name="{anchor}"/>' if anchor else ""
        paragraph: Flowable = Paragraph(before + self.markup(spans, style), style)
        return paragraph

    def plain(self, text: str, style: ParagraphStyle) -> Flowable:
        """Return a paragraph of text without marks."""
        return self.paragraph((Span(text, PLAIN),), style)

    def markup(self, spans: Spans, style: ParagraphStyle) -> str:
        """Return spans in reportlab's own markup, every character of theirs escaped."""
        return "".join(self._span(span, style.fontName) for span in spans)

    def _span(self, span: Span, base: str) -> str:
        font = font_of(span.style, base)
        text = "".join(
            self._run(piece, name, base) for name, piece in self.fonts.runs(span.text, font)
        )
        style = span.style
        for held, tag in (
            (style.underline, "u"),
            (style.strike, "strike"),
            (style.sub, "sub"),
            (style.sup, "super"),
        ):
            if held:
                text = f"<{tag}>{text}</{tag}>"
        if style.color:
            text = f'<font color="{style.color}">{text}</font>'
        if span.link:
            color = "" if style.color else f' color="{self.styles.theme.accent}"'
            text = f'<a href="{escape(span.link)}"{color}>{text}</a>'
        return text

    def _run(self, text: str, font: str, base: str) -> str:
        shown = escape(text, quote=False).replace("\n", "<br/>")
        if "  " in shown:
            shown = shown.replace("  ", "\u00a0 ").replace("  ", " \u00a0")
        return shown if font == base else f'<font name="{font}">{shown}</font>'
