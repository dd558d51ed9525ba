"""Fonts that nobody else has, as a tenant may bring them."""

import io
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen

LETTERS = "".join(map(chr, range(0x20, 0x7F))) + "äöüß€"


def font(
    family: str = "Harbour",
    *,
    letters: str = LETTERS,
    rights: int = 0,
    postscript: bool = False,
    wide: int = 600,
) -> bytes:
    """Return a font whose letters are boxes; `rights` is its `fsType`."""
    characters = {ord(one): f"u{ord(one):04X}" for one in letters}
    names = [".notdef", *characters.values()]
    made = FontBuilder(1000, isTTF=not postscript)
    made.setupGlyphOrder(names)
    made.setupCharacterMap(characters)
    if postscript:
        made.setupCFF(family, {}, {one: _drawn(T2CharStringPen(wide, None)) for one in names}, {})
    else:
        made.setupGlyf({one: _drawn(TTGlyphPen(None)) for one in names})
    made.setupHorizontalMetrics(dict.fromkeys(names, (wide, 50)))
    made.setupHorizontalHeader(ascent=800, descent=-200)
    made.setupNameTable({"familyName": family, "styleName": "Regular", "psName": "Whatever"})
    made.setupOS2(fsType=rights, sTypoAscender=800, sTypoDescender=-200)
    made.setupPost()
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _drawn(pen: Any) -> Any:
    pen.moveTo((50, 0))
    pen.lineTo((50, 700))
    pen.lineTo((400, 700))
    if isinstance(pen, T2CharStringPen):
        pen.curveTo((500, 700), (550, 300), (550, 0))
    else:
        pen.lineTo((550, 0))
    pen.closePath()
    return pen.getCharString() if isinstance(pen, T2CharStringPen) else pen.glyph()
