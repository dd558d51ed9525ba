"""The styles of a Word document, in its theme: whoever edits it changes them there."""

from dataclasses import dataclass, replace
from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import nsdecls, qn
from docx.oxml.parser import parse_xml

from apps.documents.domain.model.blocks import Look, Theme

#: Of every Word; other programs have one of the same widths.
FONT = "Calibri"
LOOKS: dict[Look, str] = {
    "display": "Display",
    "lead": "Lead",
    "small": "Small",
    "quote": "Quote",
    "code": "Code",
}


@dataclass(frozen=True, slots=True)
class _Shape:
    """Of a style: its size beside that of text, and the room around it beside its own size."""

    size: float
    bold: bool = False
    before: float = 0.0
    after: float = 0.6
    line: float = 1.1
    font: str = FONT


_TITLE = _Shape(1, bold=True, before=0.9, after=0.4)
_OURS = {
    "Display": _Shape(2.2, bold=True, after=0.2),
    "Lead": _Shape(1.2),
    "Small": _Shape(0.85),
    "Code": _Shape(0.9, font="Consolas"),
    "Cell": _Shape(0.9, before=0.2, after=0.2, line=1.0),
}
#: By the names that are in the XML of Word, whatever its language.
_SHAPES = {
    "Normal": _Shape(1),
    "heading 1": replace(_TITLE, size=1.9),
    "heading 2": replace(_TITLE, size=1.5),
    "heading 3": replace(_TITLE, size=1.2),
    "heading 4": _TITLE,
    "heading 5": _TITLE,
    "heading 6": _TITLE,
    "caption": _TITLE,
    **_OURS,
}


def set_styles(book: Any, theme: Theme, family: str) -> None:
    """Give a document of python-docx the sizes, colors and font of a theme."""
    found = {style.name_val: style for style in book.styles.element.style_lst}
    for name, plain in _SHAPES.items():
        shape = replace(plain, font=family) if plain.font == FONT else plain
        style, size = found[name], theme.size * shape.size
        spacing = style.get_or_add_pPr().get_or_add_spacing()
        for side, twips in (
            ("before", shape.before * size * 20),
            ("after", shape.after * size * 20),
            # Of 240 parts of a line.
            ("line", shape.line * 240),
        ):
            spacing.set(qn(f"w:{side}"), str(round(twips)))
        spacing.set(qn("w:lineRule"), "auto")
        style.replace(style.get_or_add_rPr(), _run(shape, size, theme.color[1:].upper()))
    found["caption"].pPr.get_or_add_keepNext()


def _run(shape: _Shape, size: float, color: str) -> Any:
    return parse_xml(
        f"<w:rPr {nsdecls('w')}>"
        f'<w:rFonts w:ascii="{shape.font}" w:hAnsi="{shape.font}" w:cs="{shape.font}"/>'
        + ("<w:b/>" if shape.bold else "")
        + f'<w:color w:val="{color}"/><w:sz w:val="{round(size * 2)}"/></w:rPr>'
    )


def add_styles(book: Any) -> None:
    """Add the styles that Word has no name for."""
    for name in _OURS:
        style = book.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = book.styles["Normal"]


def shade(cell: Any, color: str) -> None:
    """Put a cell on a ground, with room around what is in it."""
    properties = cell._tc.get_or_add_tcPr()  # noqa: SLF001
    ground: Any = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", color[1:].upper())):
        ground.set(qn(f"w:{name}"), value)
    properties.append(ground)
    room: Any = OxmlElement("w:tcMar")
    for side, twips in (("top", 120), ("left", 160), ("bottom", 60), ("right", 160)):
        edge: Any = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), str(twips))
        edge.set(qn("w:type"), "dxa")
        room.append(edge)
    properties.append(room)


def frame(section: Any, color: str) -> None:
    """Put a double line around the pages of a section."""
    borders: Any = OxmlElement("w:pgBorders")
    borders.set(qn("w:offsetFrom"), "page")
    for side in ("top", "left", "bottom", "right"):
        line: Any = OxmlElement(f"w:{side}")
        look = {"val": "thickThinSmallGap", "sz": "24", "space": "30", "color": color[1:].upper()}
        for name, value in look.items():
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    # The schema has it right after the margins.
    section._sectPr.find(qn("w:pgMar")).addnext(borders)  # noqa: SLF001
