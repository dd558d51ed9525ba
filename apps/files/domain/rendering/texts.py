"""The text of documents, for search: no more of it than is asked for, however long they are."""

import codecs
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, XMLParser

from apps.files.domain.rendering.pictures import Made
from apps.files.domain.rendering.refusals import Reason, RefusedError

#: Of the parts of a document so much is unpacked.
_UNPACKED_BYTES = 20_000_000
_READ_AT_ONCE = 1 << 16
_MOST_PARTS = 1_000
#: Where documents have text; those of OpenDocument have all of it in one.
_PARTS = re.compile(
    r"word/(document|footnotes|endnotes|header\d*|footer\d*)\.xml"
    r"|xl/sharedStrings\.xml|xl/worksheets/sheet\d+\.xml|ppt/slides/slide\d+\.xml|content\.xml"
)
#: Whose end is an end of words.
_BREAKS = {"p", "h", "si", "is", "br", "tab", "s", "line-break", "list-item", "table-cell"}
_UNSEEN = {"script", "style", "template", "noscript"}
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# Found with the module: a sandbox opens no file.
for _name in ("utf-8-sig", "utf-16", "utf-16-le", "cp1252", "cp437"):
    codecs.lookup(_name)


class _EnoughError(Exception):
    """As much was found as is asked for."""


class _Found:
    """Text on its way out."""

    def __init__(self, characters: int) -> None:
        self._left = characters
        self._pieces: list[str] = []

    def add(self, text: str) -> None:
        """Keep what is still asked for; raises _EnoughError when that is all."""
        self._pieces.append(text[: self._left])
        self._left -= len(text)
        if self._left <= 0:
            raise _EnoughError

    def made(self) -> Made:
        """Return it as functions of a sandbox do."""
        return {}, ["".join(self._pieces).encode("utf-8", "replace")]


def plain_text(data: bytes, *, characters: int) -> Made:
    """Return the first characters of a text, in UTF-8."""
    return {}, [_decoded(data)[:characters].encode("utf-8", "replace")]


def html_text(data: bytes, *, characters: int) -> Made:
    """Return the first characters of what a page shows, in UTF-8."""
    found = _Found(characters)
    try:
        parser = _Page(found)
        parser.feed(_decoded(data))
        parser.close()
    except _EnoughError:
        pass
    return found.made()


def office_text(data: bytes, *, characters: int) -> Made:
    """Return the first characters of a document of Office or OpenDocument. Raises RefusedError."""
    found = _Found(characters)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for piece in _parts(packed):
                _read_xml(piece, found)
    except _EnoughError:
        pass
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise RefusedError(Reason.BROKEN, f"it is no whole zip: {error}") from None
    except RuntimeError:
        raise RefusedError(Reason.ENCRYPTED, "it is locked by a password") from None
    except (ParseError, DefusedXmlException) as error:
        raise RefusedError(Reason.BROKEN, f"it is no XML of a document: {error}") from None
    return found.made()


def _decoded(data: bytes) -> str:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    try:
        # Its end may be cut off in a letter.
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _parts(packed: zipfile.ZipFile) -> Iterator[Iterator[bytes]]:
    left = [_UNPACKED_BYTES]

    def chunks(name: str) -> Iterator[bytes]:
        with packed.open(name) as part:
            while left[0] > 0 and (chunk := part.read(_READ_AT_ONCE)):
                left[0] -= len(chunk)
                yield chunk

    names = [name for name in packed.namelist() if _PARTS.fullmatch(name)]
    return (chunks(name) for name in names[:_MOST_PARTS])


def _read_xml(chunks: Iterator[bytes], found: _Found) -> None:
    parser = XMLParser(target=_Words(found), forbid_dtd=True)
    for chunk in chunks:
        parser.feed(chunk)


class _Words:
    """What expat tells of: text of paragraphs and cells, and where words end."""

    def __init__(self, found: _Found) -> None:
        self._found = found
        self._inside: list[str] = []

    def start(self, tag: str, _attributes: Any) -> None:
        self._inside.append(tag.rpartition("}")[2])

    def end(self, _tag: str) -> None:
        if self._inside.pop() in _BREAKS:
            self._found.add("\n")

    def data(self, text: str) -> None:
        # Office has text in elements of this name, and numbers of styles in others.
        if self._inside and (self._inside[-1] == "t" or self._is_open):
            self._found.add(text)

    @property
    def _is_open(self) -> bool:
        return self._inside[0] == "document-content"

    def close(self) -> None:
        """Nothing is left to do."""


class _Page(HTMLParser):
    """The text of a page that people see."""

    def __init__(self, found: _Found) -> None:
        super().__init__()
        self._found = found
        self._unseen = 0

    def handle_starttag(self, tag: str, _attributes: Any) -> None:
        self._unseen += tag in _UNSEEN
        self._found.add(" ")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(self._unseen - (tag in _UNSEEN), 0)
        self._found.add(" ")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._found.add(data)
