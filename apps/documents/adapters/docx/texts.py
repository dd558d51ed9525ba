"""Spans become runs of Word."""

from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from apps.documents.domain.model.blocks import Align
from apps.documents.domain.model.texts import Span, Spans

#: In a paragraph from the right Word takes `left` for where it starts.
ALIGNS: dict[Align, WD_ALIGN_PARAGRAPH] = {
    "start": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "end": WD_ALIGN_PARAGRAPH.RIGHT,
    "justify": WD_ALIGN_PARAGRAPH.JUSTIFY,
}
_FIELDS = {"page": "PAGE", "pages": "NUMPAGES"}
MONO = "Consolas"
LINK_COLOR = "1D4ED8"


def fill(
    paragraph: Paragraph, spans: Spans, align: Align, *, rtl: bool, bold: bool = False
) -> None:
    """Add spans to a paragraph."""
    if rtl:
        # Before the alignment: Word reads what a paragraph has in one order alone.
        paragraph._p.get_or_add_pPr().append(OxmlElement("w:bidi"))  # noqa: SLF001
    paragraph.alignment = ALIGNS[align]
    for span in spans:
        if span.page:
            _styled(add_field(paragraph, _FIELDS[span.page]), span, rtl=rtl, bold=bold)
        elif span.link:
            _link(paragraph, span, rtl=rtl)
        else:
            _styled(paragraph.add_run(span.text), span, rtl=rtl, bold=bold)


def _styled(run: Run, span: Span, *, rtl: bool, bold: bool) -> None:
    style, font = span.style, run.font
    # What is not marked is left to the style of the paragraph.
    font.bold = style.bold or bold or None
    font.italic = style.italic or None
    font.underline = style.underline or None
    font.strike = style.strike or None
    font.subscript = style.sub or None
    font.superscript = style.sup or None
    if style.code:
        font.name = MONO
    if style.color:
        font.color.rgb = RGBColor.from_string(style.color[1:].upper())
    if rtl:
        font.rtl = True


def _link(paragraph: Paragraph, span: Span, *, rtl: bool) -> None:
    """python-docx reads links and makes none."""
    relation = paragraph.part.relate_to(span.link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link: Any = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), relation)
    run = paragraph.add_run(span.text)
    _styled(run, span, rtl=rtl, bold=False)
    if not span.style.color:
        run.font.color.rgb = RGBColor.from_string(LINK_COLOR)
    run.font.underline = True
    link.append(run._r)  # noqa: SLF001
    paragraph._p.append(link)  # noqa: SLF001


def add_field(paragraph: Paragraph, instruction: str) -> Run:
    """Add something that Word works out: a number of a page, or the contents."""
    run = paragraph.add_run()
    for kind in ("begin", "", "separate", "end"):
        if kind:
            part: Any = OxmlElement("w:fldChar")
            part.set(qn("w:fldCharType"), kind)
        else:
            part = OxmlElement("w:instrText")
            part.set(qn("xml:space"), "preserve")
            part.text = instruction
        run._r.append(part)  # noqa: SLF001
    return run
