"""The fonts that documents are set in, embedded, and which of them has which character.

They are Noto (SIL Open Font License) for Latin, Greek, Cyrillic, Arabic and Hebrew, cut to those
scripts. For Chinese, Japanese and Korean a document names fonts of Adobe's collections and embeds
none: the reader's program brings them.

A tenant's own fonts have the names of our four faces of text while a document is set in them; ours
are then beside them, for characters that they lack.
"""

import io
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from reportlab import rl_config
from reportlab.graphics.shapes import STATE_DEFAULTS
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus.tables import CellStyle

from apps.documents.domain.evaluation import parts
from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.faces import Faces, Style

_FOLDER = Path(__file__).with_name("fonts")
REGULAR, BOLD, ITALIC, BOLD_ITALIC = "Noto", "Noto-Bold", "Noto-Italic", "Noto-BoldItalic"
MONO, MONO_BOLD = "NotoMono", "NotoMono-Bold"
_FILES = {
    REGULAR: "NotoSans-Regular",
    BOLD: "NotoSans-Bold",
    ITALIC: "NotoSans-Italic",
    BOLD_ITALIC: "NotoSans-BoldItalic",
    MONO: "NotoSansMono-Regular",
    MONO_BOLD: "NotoSansMono-Bold",
    "NotoMath": "NotoSansMath-Regular",
    "NotoSymbols": "NotoSansSymbols2-Regular",
}
#: Shaping gives glyphs numbers as it meets them, so each document has these fonts anew: the bytes
#: of one must not depend on those before it.
_SHAPED = {
    "NotoArabic": "NotoSansArabic-Regular",
    "NotoArabic-Bold": "NotoSansArabic-Bold",
    "NotoHebrew": "NotoSansHebrew-Regular",
    "NotoHebrew-Bold": "NotoSansHebrew-Bold",
}
_BOLD_OF = {"NotoArabic": "NotoArabic-Bold", "NotoHebrew": "NotoHebrew-Bold"}
#: What stands in for a face that is a tenant's own, by its own name and ours beside it.
_STYLES: dict[str, Style] = {
    REGULAR: "regular",
    BOLD: "bold",
    ITALIC: "italic",
    BOLD_ITALIC: "bold_italic",
}
_BESIDE = {name: f"{name}-Beside" for name in _STYLES}
#: Those that are read from right to left are set in ours, which are shaped.
_NEVER_OWN = frozenset((*range(0x590, 0x900), *range(0xFB1D, 0xFE00), *range(0xFE70, 0xFEFF)))
_CJK = {"ja": "HeiseiKakuGo-W5", "ko": "HYGothic-Medium", "zh": "STSong-Light"}
_TRADITIONAL = "MSung-Light"


@cache
def _register() -> dict[str, frozenset[int]]:
    """Make reportlab know the fonts; returns which characters each has."""
    known = {}
    for name, file in _FILES.items():
        known[name] = _load(name, _bytes(file), shaped=False)
        _OURS[name] = pdfmetrics.getFont(name)
    for name, file in _SHAPED.items():
        known[name] = _load(name, _bytes(file), shaped=True)
    # Tables and drawings begin with a font before any text says its own: Helvetica is not embedded.
    STATE_DEFAULTS["fontName"] = REGULAR
    CellStyle.fontname = REGULAR
    # Pictures as bytes: in base 85 they are a quarter larger, and take longer.
    rl_config.useA85 = 0
    return known


#: Our fonts as they were read, to take their names again after a tenant's.
_OURS: dict[str, Any] = {}
#: The names that a tenant's fonts have now, and which.
_OWN: dict[str, Any] = {}


def _load(name: str, content: bytes, *, shaped: bool) -> frozenset[int]:
    font = TTFont(name, io.BytesIO(content), shapable=shaped)
    pdfmetrics.registerFont(font)
    _known()[name] = font
    return frozenset(font.face.charToGlyph)


def _known() -> dict[str, Any]:
    # reportlab registers a name once, and has no other way to take it back.
    fonts: dict[str, Any] = vars(pdfmetrics)["_fonts"]
    return fonts


def _bring(faces: Faces | None) -> dict[str, frozenset[int]]:
    """Let the faces of text be a tenant's, or ours; returns which characters the tenant's have."""
    if faces is None:
        if _OWN:
            _known().update(_OURS)
            _OWN.clear()
        return {}
    if _OWN.get("faces") is not faces:
        _OWN.clear()
        for name, style in _STYLES.items():
            if style in faces.files:
                _load(name, faces.files[style], shaped=False)
                _OWN[name] = _known()[name]
        for name, style in _STYLES.items():
            # One font under two names is one font in the PDF.
            stands = next(one for one, its in _STYLES.items() if its == faces.style_of(style))
            _known()[name] = _OWN[name] = _OWN[stands]
        _OWN["faces"] = faces
    return {name: frozenset(_OWN[name].face.charToGlyph) - _NEVER_OWN for name in _STYLES}


def whole(name: str, text: str) -> str:
    """Return a font for a text that is set in one alone: a tenant's if it has all of it."""
    if name not in _OWN or _OWN[name].face.charToGlyph.keys() >= set(map(ord, text)):
        return name
    return _beside(name)


def of_chart(chart: parts.Chart, locale: Locale) -> tuple[str, str]:
    """Return the font of a chart's text, and that of its title."""
    told = "".join((*chart.labels, *(one.name for one in chart.series)))
    # Of its axes, or around it: groups, signs and digits are as the locale has them.
    numbers = locale.number(Decimal("-1234567890.5"))
    if chart.kind == "pie":
        numbers += locale.percent(Decimal(1))
    return whole(REGULAR, told + numbers), whole(BOLD, chart.title)


def _beside(name: str) -> str:
    """Return our font under the name that it has beside a tenant's."""
    if _BESIDE[name] not in _known():
        _load(_BESIDE[name], _bytes(_FILES[name]), shaped=False)
    return _BESIDE[name]


@cache
def _bytes(file: str) -> bytes:
    return (_FOLDER / f"{file}.ttf").read_bytes()


def content(name: str) -> bytes:
    """Return the file of one of our fonts."""
    return _bytes(_FILES[name])


def warm() -> None:
    """Read all fonts, so that none is opened any more."""
    _register()
    for name in (*_CJK.values(), _TRADITIONAL):
        _register_cid(name)


class Fonts:
    """The fonts of one document; make one only after the document before it is written."""

    def __init__(self, language: str, faces: Faces | None = None) -> None:
        ours = _register()
        own = _bring(faces)
        self._ours = ours
        self._has = ours | own
        self._sparse = {name for name, has in own.items() if not has >= _ASCII}
        self._language = language
        self._fresh: set[str] = set()
        self._cache: dict[tuple[str, str], str] = {}

    def runs(self, text: str, font: str) -> list[tuple[str, str]]:
        """Return pieces of text, each with the font that has all its characters."""
        has = self._has[font]
        if has.issuperset(map(ord, text)):
            return [(font, text)] if text else []
        found: list[tuple[str, str]] = []
        for character in text:
            name = self._font_of(character, font)
            if found and self._joins(found[-1][0], name, character):
                found[-1] = (found[-1][0], found[-1][1] + character)
            else:
                found.append((name, character))
        return found

    def _joins(self, before: str, name: str, character: str) -> bool:
        """A space between two words of one script is set in their font."""
        return before == name or (character == " " and before in _SHAPED)

    def covers(self, text: str, font: str) -> bool:
        """Return whether one font has all of a text."""
        if font not in self._sparse and text.isascii() and text.isprintable():
            return True
        return self._has[font].issuperset(map(ord, text))

    def _font_of(self, character: str, font: str) -> str:
        key = (character, font)
        if key not in self._cache:
            self._cache[key] = self._find(ord(character), font)
        return self._cache[key]

    def _find(self, code: int, font: str) -> str:
        if code in self._has[font]:
            return font
        for name in ("NotoArabic", "NotoHebrew"):
            if code in self._has[name]:
                return self._shaped(_BOLD_OF[name] if font in (BOLD, BOLD_ITALIC) else name)
        if font in _OWN and code in self._ours[font]:
            return _beside(font)
        for name in (REGULAR, "NotoMath", "NotoSymbols"):
            if code in self._has[name]:
                return name
        return self._cjk(code) or font

    def _shaped(self, name: str) -> str:
        if name not in self._fresh:
            self._fresh.add(name)
            _load(name, _bytes(_SHAPED[name]), shaped=True)
        return name

    def _cjk(self, code: int) -> str:
        """Return a font of the East by the script, and for what they share by the language."""
        if not (0x1100 <= code <= 0x11FF or 0x2E80 <= code <= 0xD7FF or 0xF900 <= code <= 0xFFEF):
            return ""
        language = self._language.split("-")[0]
        if 0x3040 <= code <= 0x30FF:
            language = "ja"
        elif 0xAC00 <= code <= 0xD7FF or 0x1100 <= code <= 0x11FF:
            language = "ko"
        name = _CJK.get(language, _CJK["zh"])
        if language == "zh" and any(part in self._language for part in ("Hant", "TW", "HK")):
            name = _TRADITIONAL
        _register_cid(name)
        return name


@cache
def _register_cid(name: str) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(name))


_ASCII = frozenset(range(0x20, 0x7F))
#: Texts whose width is kept: the values of a table repeat themselves.
_MOST_WIDTHS = 20_000


class Ruler:
    """Measures lines in one font and size, as reportlab does."""

    def __init__(self, font: str, size: float) -> None:
        face: Any = pdfmetrics.getFont(font)
        self._widths: dict[int, float] = face.face.charWidths
        self._size = size
        self._known: dict[str, float] = {}
        # A tenant's font may have neither.
        marks = ("…", "...", "")
        self._more = next(one for one in marks if set(map(ord, one)) <= self._widths.keys())

    def width(self, text: str) -> float:
        """Return how wide a text is in points; the font has all its characters."""
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= _MOST_WIDTHS:
                self._known.clear()
            widths = self._widths
            known = 0.001 * self._size * sum([widths[ord(one)] for one in text])
            self._known[text] = known
        return known

    def lines(self, text: str, room: float) -> str:
        """Return a text with line ends where it has to wrap; a word too long is cut."""
        if self.width(text) <= room:
            return text
        lines: list[str] = []
        line = ""
        for word in text.split(" "):
            longer = f"{line} {word}" if line else word
            if line and self.width(longer) > room:
                lines.append(line)
                longer = word
            while len(longer) > 1 and self.width(longer) > room:
                fits = self._fitting(longer, room)
                lines.append(longer[:fits])
                longer = longer[fits:]
            line = longer
        return "\n".join([*lines, line])

    def cut(self, text: str, room: float) -> str:
        """Return the start of a text that fits, with an ellipsis if that is not all."""
        if self.width(text) <= room:
            return text
        return text[: self._fitting(text, room - self.width(self._more))] + self._more

    def _fitting(self, text: str, room: float) -> int:
        """Return how many characters fit, at least one."""
        fits, beyond = 1, len(text)
        while beyond - fits > 1:
            middle = (fits + beyond) // 2
            if self.width(text[:middle]) <= room:
                fits = middle
            else:
                beyond = middle
        return fits


def width(text: str, font: str, size: float) -> float:
    """Return how wide a text is in points."""
    measured: Any = pdfmetrics.stringWidth(text, font, size)
    return float(measured)
