"""Files of Word and Excel that somebody gives: looked through before anything else reads them."""

import io
import re
import xml.sax  # nosec B406  # its classes: defusedxml reads
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from defusedxml.common import DefusedXmlException
from defusedxml.sax import parseString

from apps.documents.domain.findings import Finding, InvalidTemplateError
from apps.documents.domain.model.runs import link_problem

MOST_BYTES = 20_000_000
_MOST_UNPACKED = 100_000_000
_MOST_PARTS = 2_000
_MOST_ELEMENTS = 2_000_000
_MOST_DEPTH = 200
_TIMES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")
_WHEN = (1980, 1, 1, 0, 0, 0)
_OLE = b"\xd0\xcf\x11\xe0"
_XML = (".xml", ".rels", ".vml")
#: Programs, files of other programs, connections and whatever is fetched from elsewhere.
_REFUSED_PARTS = re.compile(
    r"vbaProject|vbaData|/activeX/|/embeddings/|/externalLinks/|/queryTables/|/ctrlProps/"
    r"|xl/connections\.xml|/macrosheets/|/customUI/",
    re.IGNORECASE,
)
_REFUSED_LINKS = ("/aFChunk", "/attachedTemplate", "/oleObject", "/subDocument", "/frame")
#: Fields of Word that read other files or start programs when the document is opened.
_REFUSED_FIELDS = re.compile(
    r"\b(?:DDE|DDEAUTO|INCLUDE|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|DATABASE|MACROBUTTON|RD"
    r"|AUTOTEXT)\b",
    re.IGNORECASE,
)


def check_package(content: bytes, main: str) -> None:
    """Raise InvalidTemplateError for what is no whole file of Office with the part `main`.

    Refused: bombs of ZIP and of XML, programs, files of other programs, and what is fetched from
    elsewhere when somebody opens the document; each with the part it is in.
    """
    findings = []
    try:
        names = set()
        for name, part in _parts(content):
            names.add(name)
            findings.extend(_judged(name, part))
        if main not in names:
            findings.append(Finding("", "package", f"the file has no {main}"))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        findings = [Finding("", "package", f"this is no whole file of Office: {str(error)[:80]}")]
    if findings:
        raise InvalidTemplateError(findings[:100])


def repack(written: BinaryIO, out: BinaryIO, *, undated: bool = False) -> None:
    """Write a package anew, without the times of its parts; `undated`, without its own either."""
    with (
        zipfile.ZipFile(written) as given,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed,
    ):
        for name in given.namelist():
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = given.read(name)
            if undated and name == "docProps/core.xml":
                content = _TIMES.sub(rb"\g<1>2000-01-01T00:00:00Z", content)
            packed.writestr(entry, content)


def _parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    if len(content) > MOST_BYTES:
        _refuse("size", f"a template has at most {MOST_BYTES} bytes")
    if content.startswith(_OLE):
        _refuse("encrypted", "the file takes a password, or is of an old kind: save it anew")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if len(entries) > _MOST_PARTS:
            _refuse("size", f"a file of Office has at most {_MOST_PARTS} parts")
        left, seen = _MOST_UNPACKED, set()
        for entry in entries:
            name = entry.filename
            if name.casefold() in seen or name.startswith("/") or ".." in name or "\\" in name:
                _refuse("package", f"no name of a part: {name[:60]!r}")
            seen.add(name.casefold())
            with archive.open(entry) as part:
                read = part.read(left + 1)
            left -= len(read)
            if left < 0:
                _refuse("size", f"it unpacks to more than {_MOST_UNPACKED} bytes")
            yield name, read


def _refuse(code: str, message: str) -> None:
    raise InvalidTemplateError([Finding("", code, message)])


def _judged(name: str, part: bytes) -> list[Finding]:
    if _REFUSED_PARTS.search(f"/{name}"):
        message = "programs, connections and files of other programs are not taken"
        return [Finding(f"/{name}", "active", message)]
    if not name.lower().endswith(_XML):
        return []
    handler = _Handler(name)
    try:
        parseString(part, handler, forbid_dtd=True)
    except DefusedXmlException:
        return [Finding(f"/{name}", "xml", "its XML declares entities or a document type")]
    except (xml.sax.SAXException, ValueError) as error:
        return [Finding(f"/{name}", "xml", f"its XML is not whole: {str(error)[-80:]}")]
    handler.fields()
    return handler.findings


class _Handler(xml.sax.ContentHandler):
    """Reads a part once, without keeping it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.place = f"/{name}"
        self.findings: list[Finding] = []
        self._depth = 0
        self._elements = 0
        self._in_field = False
        self._codes: list[str] = []

    def _note(self, code: str, message: str) -> None:
        self.findings.append(Finding(self.place, code, message))

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802  # SAX's name
        """Count an element, and look at links and fields."""
        self._depth += 1
        self._elements += 1
        if self._depth > _MOST_DEPTH or self._elements > _MOST_ELEMENTS:
            message = f"at most {_MOST_ELEMENTS} elements, {_MOST_DEPTH} deep"
            raise ValueError(message)
        kind = name.rpartition(":")[2]
        if kind == "Relationship":
            self._link(attrs)
        elif kind == "fldSimple":
            self._codes.extend([*(str(one) for one in attrs.values()), "\n"])
        elif kind == "fldChar":
            self._codes.append("\n")
        elif kind == "Override" and "macroEnabled" in attrs.get("ContentType", ""):
            self._note("active", "a file with programs is not taken: save it without")
        self._in_field = kind == "instrText"

    def endElement(self, name: str) -> None:  # noqa: N802  # SAX's name
        """Leave an element."""
        self._depth -= 1
        self._in_field = False

    def characters(self, content: str) -> None:
        """Keep the code of a field, which may be in several pieces."""
        if self._in_field:
            self._codes.append(content)

    def fields(self) -> None:
        """Look at the codes of fields when all have been read."""
        for code in "".join(self._codes).split("\n"):
            if found := _REFUSED_FIELDS.search(code):
                self._note("active", f"fields of the kind {found[0].upper()} are not taken")
            elif "{{" in code or "{%" in code:
                self._note("active", "a placeholder stands within the code of a field")

    def _link(self, attrs: Any) -> None:
        kind, target = attrs.get("Type", ""), attrs.get("Target", "")
        if kind.endswith(_REFUSED_LINKS):
            self._note("active", f"it brings another file: {target[:60]!r}")
        elif attrs.get("TargetMode", "").lower() == "external":
            # Targets of links have placeholders in no place where they would be filled.
            problem = link_problem(target) if kind.endswith("/hyperlink") else ""
            if problem or not kind.endswith("/hyperlink"):
                self._note("active", f"it is fetched from elsewhere: {target[:60]!r}")
