"""A word across each page of a section, behind its text: WordArt in the header, as Word has it."""

from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from reportlab.pdfbase.pdfmetrics import stringWidth

from apps.documents.adapters.pdf import fonts
from apps.documents.domain.evaluation import parts

_COLOR = "#e5e7eb"
_POINTS = 72 / 25.4
#: How Word itself writes its type for plain text, which is stretched over the shape.
_FORMULAS = "".join(
    f'<v:f eqn="{one}"/>'
    for one in (
        *("sum #0 0 10800", "prod #0 2 1", "sum 21600 0 @1", "sum 0 0 @2", "sum 21600 0 @3"),
        *("if @0 @3 0", "if @0 21600 @1", "if @0 0 @2", "if @0 @4 21600", "mid @5 @6"),
        *("mid @8 @5", "mid @7 @8", "mid @6 @7", "sum @6 0 @5"),
    )
)
_RUN = f"""<w:r {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"
    xmlns:o="urn:schemas-microsoft-com:office:office"><w:rPr><w:noProof/></w:rPr><w:pict>
  <v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800"
      path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas>{_FORMULAS}</v:formulas>
    <v:path textpathok="t" o:connecttype="custom" o:connectangles="270,180,90,0"
      o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800"/>
    <v:textpath on="t" fitshape="t"/></v:shapetype>
  <v:shape id="Watermark" type="#_x0000_t136" o:allowincell="f" fillcolor="{_COLOR}" stroked="f">
    <v:textpath/></v:shape></w:pict></w:r>"""
_PLACE = (
    "position:absolute;width:{width:.1f}pt;height:{height:.1f}pt;rotation:315;z-index:-251658240;"
    "mso-position-horizontal:center;mso-position-horizontal-relative:page;"
    "mso-position-vertical:center;mso-position-vertical-relative:page"
)


def mark(header: Any, page: parts.Page) -> None:
    """Put the watermark of a page into the header of its section, as large as in PDF."""
    text = page.watermark
    size = min(90.0, 1.5 * page.width * _POINTS / max(len(text), 1))
    width = stringWidth(text, fonts.whole(fonts.BOLD, text), size)
    run: Any = parse_xml(_RUN)
    (shape,) = run.iter("{urn:schemas-microsoft-com:vml}shape")
    shape.set("style", _PLACE.format(width=width, height=size))
    shape.set("alt", "")
    words = shape[0]
    words.set("style", "font-family:'Noto Sans';font-weight:bold")
    words.set("string", text)
    paragraphs = header.paragraphs
    (paragraphs[0] if paragraphs else header.add_paragraph())._p.append(run)  # noqa: SLF001
