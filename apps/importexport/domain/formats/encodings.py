"""Which encoding bytes are text in."""

import codecs
from itertools import pairwise

from charset_normalizer import from_bytes

#: Those that a source may be in, by the name that the codec has in Python.
ENCODINGS = (
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-5",
    "iso-8859-7",
    "iso-8859-9",
    "iso-8859-15",
    *(f"windows-{number}" for number in range(1250, 1259)),
    "koi8-r",
    "koi8-u",
    "ibm437",
    "ibm850",
    "ibm852",
    "mac-roman",
    "shift_jis",
    "euc-jp",
    "euc-kr",
    "big5",
    "gb18030",
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Enough for a guess at single bytes, and not a noticeable time.
_GUESSED_BYTES = 32_000
#: By code pages: what is told apart, and what it is called here.
_PAGES = {
    "cp1250": "windows-1250",
    "cp1251": "windows-1251",
    "cp1252": "windows-1252",
    "cp1253": "windows-1253",
    "cp1254": "windows-1254",
    "cp1257": "windows-1257",
    "koi8_r": "koi8-r",
    "iso8859_5": "iso-8859-5",
    "cp932": "shift_jis",
    "gb18030": "gb18030",
    "big5": "big5",
    "euc_kr": "euc-kr",
    "euc_jp": "euc-jp",
}
#: Code pages for Latin letters: beside such a one others are tried that it is often taken for.
_LATIN = ("windows-1250", "windows-1252", "windows-1254", "windows-1257")
_OFTEN = ("windows-1252", "windows-1250", "iso-8859-2", "iso-8859-1")
_USUAL = "windows-1252"
#: Signs that stand beside letters, but not between two.
_QUOTES = frozenset("\u2018\u2019\u201a\u201c\u201d\u201e\u2026\u2013\u2014\u00ab\u00bb")


def encoding_of(sample: bytes) -> str:
    """Return the encoding that the beginning of a file seems to be in; always one of ENCODINGS."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if b"\0" in sample and (wide := _without_mark(sample)):
        return wide
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return _single_bytes(_telling(sample))
    return "utf-8"


def _without_mark(sample: bytes) -> str:
    """Return which UTF-16 it is by the zeros beside its ASCII, if it is any."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    least = len(sample) // 10
    if odd > least and odd > 10 * even:
        return "utf-16-le"
    if even > least and even > 10 * odd:
        return "utf-16-be"
    return ""


def _telling(sample: bytes) -> bytes:
    """Return whole lines that are not plain ASCII, of which a guess can be made."""
    found, size = [], 0
    # The last line may end within a character.
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    for line in whole.splitlines(keepends=True):
        if not line.isascii():
            found.append(line)
            size += len(line)
        if size > _GUESSED_BYTES:
            break
    return b"".join(found) or sample


def _single_bytes(sample: bytes) -> str:
    best = from_bytes(sample, cp_isolation=list(_PAGES), threshold=0.5).best()
    found = _PAGES.get(best.encoding, _USUAL) if best else _USUAL
    if found not in _LATIN:
        return found
    return min((found, *_OFTEN), key=lambda one: _oddness(sample.decode(one, errors="replace")))


def _oddness(text: str) -> int:
    """Return how often a text has what no word has, as one in the wrong encoding does.

    That is a sign beside a letter, a large letter after a small one, or a control.
    """
    odd = 0
    for before, after in pairwise(f" {text}"):
        if before < "\x80" and after < "\x80":
            continue
        if before.isalpha() and after.isalpha():
            odd += after > "\x7f" and before.islower() and after.isupper()
        elif _is_sign(before) and _is_sign(after):
            odd += "\x7f" < after < "\xa0"
        elif before.isalpha() or after.isalpha():
            odd += _is_sign(before) or _is_sign(after)
    return odd


def _is_sign(character: str) -> bool:
    return character > "\x7f" and not character.isalpha() and character not in _QUOTES
