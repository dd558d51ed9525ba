"""Fonts that somebody brought: read by fontTools, and written anew as what documents embed.

Of a font is kept what a document takes of it: outlines, widths, which characters it has, its names
and hints. Outlines of PostScript (.otf) become those of TrueType: reportlab embeds no others.
"""

import io
from dataclasses import dataclass
from typing import Any, NoReturn

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

from apps.documents.domain.faces import Style, family_name
from apps.documents.domain.findings import Finding, InvalidTemplateError

_KEPT = frozenset(
    (
        *("GlyphOrder", "head", "hhea", "maxp", "OS/2", "hmtx", "cmap", "name", "post"),
        *("glyf", "loca", "fpgm", "prep", "cvt "),
    )
)
_OTHERS = {
    b"wOFF": "a font of web pages",
    b"wOF2": "a font of web pages",
    b"ttcf": "a collection of fonts",
}
#: Of `fsType`, by the specification of OS/2: the least that is forbidden counts.
_RESTRICTED, _PRINTED_ONLY, _EDITABLE = 0x0002, 0x0004, 0x0008
_WHOLE_ONLY, _BITMAPS_ONLY = 0x0100, 0x0200
_POSTSCRIPT_NAME, _FAMILY, _TYPOGRAPHIC_FAMILY = 6, 1, 16
_WINDOWS = (3, 1, 0x409)
#: What ours are called begins so; two fonts of one name would be one font in a PDF.
_OURS = "Noto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typeface:
    """A font as it is kept."""

    family: str
    content: bytes
    #: Whether its makers let it be put into documents that people edit.
    editable: bool


def read_typeface(content: bytes, style: Style) -> Typeface:
    """Return a font as documents take it, the same bytes each time.

    Raises InvalidTemplateError for what is no font, has no text, varies, or may not be embedded.
    """
    if what := _OTHERS.get(content[:4]):
        _refuse(style, "font", f"{what}: give its .ttf or .otf")
    try:
        font = TTFont(io.BytesIO(content), lazy=False, recalcTimestamp=False)
        return _read(font, style)
    except (InvalidTemplateError, MemoryError):
        raise
    # Whatever bytes of somebody's lead a parser to.
    except Exception as error:
        message = f"no font that can be read ({type(error).__name__}): give one of TrueType or"
        raise _refusal(style, "font", f"{message} OpenType, .ttf or .otf") from error


def _read(font: Any, style: Style) -> Typeface:
    if "fvar" in font or "CFF2" in font:
        _refuse(style, "variable", "a font that varies: give a file for each style")
    rights = font["OS/2"].fsType
    _check_rights(rights, style)
    characters = font.getBestCmap() or {}
    if ord(" ") not in characters or len(characters) == 1:
        _refuse(style, "characters", "it has no characters of Unicode, or no space")
    family = _family(font)
    if "CFF " in font:
        _become_truetype(font)
    if "glyf" not in font:
        _refuse(style, "font", "it has no outlines: a font of pictures is not embedded")
    for tag in set(font.keys()) - _KEPT:
        del font[tag]
    _set_characters(font, characters)
    _set_name(font, family, style)
    out = io.BytesIO()
    font.save(out, reorderTables=False)
    printed_only = bool(rights & _PRINTED_ONLY) and not rights & _EDITABLE
    return Typeface(family=family, content=out.getvalue(), editable=not printed_only)


def _check_rights(rights: int, style: Style) -> None:
    if rights & _RESTRICTED and not rights & (_PRINTED_ONLY | _EDITABLE):
        _refuse(style, "embedding", "its makers let nobody embed it (fsType 2)")
    if rights & _BITMAPS_ONLY:
        _refuse(style, "embedding", "its makers let only bitmaps be embedded (fsType 0x200)")
    if rights & _WHOLE_ONLY:
        message = "its makers let it be embedded as a whole only (fsType 0x100)"
        _refuse(style, "embedding", f"{message}, and documents embed what they show")


def _family(font: Any) -> str:
    names = font["name"]
    told = names.getDebugName(_TYPOGRAPHIC_FAMILY) or names.getDebugName(_FAMILY) or ""
    return family_name(told)


def _become_truetype(font: Any) -> None:
    """Draw the glyphs with curves of the second degree, off by a thousandth of an em at most."""
    order, glyphs = font.getGlyphOrder(), font.getGlyphSet()
    made = {}
    for name in order:
        pen = TTGlyphPen(None)
        glyphs[name].draw(Cu2QuPen(pen, font["head"].unitsPerEm / 1000, reverse_direction=True))
        made[name] = pen.glyph()
    font["loca"] = newTable("loca")
    outlines = font["glyf"] = newTable("glyf")
    outlines.glyphOrder, outlines.glyphs = order, made
    del font["CFF "]
    outlines.compile(font)
    widths = font["hmtx"].metrics
    for name, glyph in made.items():
        widths[name] = (widths[name][0], getattr(glyph, "xMin", 0))
    profile = font["maxp"] = newTable("maxp")
    profile.tableVersion = 0x00010000
    for name in _UNHINTED:
        setattr(profile, name, 0)
    profile.maxZones = 1
    font.sfntVersion = "\0\1\0\0"


#: Of `maxp`: what a font without hints and composed glyphs says.
_UNHINTED = (
    *("maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs"),
    *("maxStackElements", "maxSizeOfInstructions", "maxComponentElements", "maxComponentDepth"),
    *("numGlyphs", "maxPoints", "maxContours", "maxCompositePoints", "maxCompositeContours"),
)


def _set_characters(font: Any, characters: dict[int, str]) -> None:
    """Let one table say which characters it has: the one that readers look for."""
    wide = max(characters) > 0xFFFF
    table = CmapSubtable.newSubtable(12 if wide else 4)
    table.platformID, table.platEncID, table.language = 3, 10 if wide else 1, 0
    table.cmap = characters
    font["cmap"].tableVersion, font["cmap"].tables = 0, [table]


def _set_name(font: Any, family: str, style: Style) -> None:
    """Call it by its family and style: a PDF knows fonts by this name."""
    plain = "".join(one for one in family if one.isascii() and one.isalnum()) or "Font"
    own = f"Own{plain}" if plain.startswith(_OURS) else plain
    names = font["name"]
    names.names = [one for one in names.names if one.nameID != _POSTSCRIPT_NAME]
    told = f"{own}-{style.title().replace('_', '')}"
    names.setName(told, _POSTSCRIPT_NAME, *_WINDOWS)
    font["post"].formatType = 3.0


def _refuse(style: Style, code: str, message: str) -> NoReturn:
    raise _refusal(style, code, message)


def _refusal(style: Style, code: str, message: str) -> InvalidTemplateError:
    return InvalidTemplateError([Finding(f"/{style}", code, message)])
