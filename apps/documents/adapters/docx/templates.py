"""Templates that somebody made in Word: checked when they are given, filled with data.

Placeholders are docxtpl's: `{{ field }}`, `{% for … %}`, and `{%tr … %}`, `{%tc … %}`, `{%p … %}`
for whole rows, cells and paragraphs.
"""

import io
import re
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, BinaryIO

from docx.opc.exceptions import OpcError
from docxtpl import DocxTemplate
from jinja2 import nodes
from jinja2.exceptions import TemplateError, TemplateSyntaxError
from lxml.etree import LxmlError

from apps.documents.adapters.docx.environment import Environment
from apps.documents.adapters.packages import check_package, repack
from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.findings import DocumentError, Finding, InvalidTemplateError, under

_MAIN = "word/document.xml"
_TAG = re.compile(r"<[^>]*>")
_PARAGRAPH = re.compile(r"<w:p([ >])")
_PROPERTIES = ("author", "comments", "identifier", "language", "subject", "title")
_PLAIN = Locale("en", "EUR", "UTC")


def check_docx_template(content: bytes) -> tuple[Finding, ...]:
    """Return what is wrong with the placeholders of a template, each with its paragraph.

    Places are parts and paragraphs, from 1: `/word/document.xml/12`. Raises InvalidTemplateError
    for a file that is no whole template of Word, or a harmful one.
    """
    check_package(content, _MAIN)
    book, found = _Book(content), []
    for part, source in book.sources():
        for line, message in Environment(_PLAIN).mistakes(source):
            found.append(_finding(part, source, line, message))
    return tuple(found[:100])


def fill_docx_template(
    content: bytes, data: Mapping[str, Any], out: BinaryIO, locale: Locale = _PLAIN
) -> None:
    """Write a template with data; the same ones give the same bytes.

    Raises InvalidTemplateError for a template that `check_docx_template` has something against,
    DocumentError with the paragraph for data that does not fit it. Runs what a stranger wrote, in a
    language that reaches nothing: give it to a process of its own with limits all the same.
    """
    if findings := check_docx_template(content):
        raise InvalidTemplateError(findings)
    book = _Book(content)
    try:
        book.render(data, Environment(locale), autoescape=True)
    except TemplateError as error:
        line = (
            error.lineno if isinstance(error, TemplateSyntaxError) else _line(error.__traceback__)
        )
        message = error.message or "the template cannot be filled"
        raise DocumentError(_finding(*book.at, line, message)) from None
    except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
        message = f"a value does not fit here: {str(error)[:100]}"
        raise DocumentError(_finding(*book.at, _line(error.__traceback__), message)) from None
    except LxmlError:
        message = "placeholders do not match what they stand in: begin and end a loop alike"
        raise DocumentError(_finding(*book.at, 1, message)) from None
    plain = io.BytesIO()
    book.save(plain)
    repack(plain, out)


def trees_of(content: bytes) -> Iterator[nodes.Template]:
    """Yield what the parts of a template say, which was checked."""
    for _, source in _Book(content).sources():
        yield Environment(_PLAIN).tree(source)


class _Book(DocxTemplate):  # type: ignore[misc]  # docxtpl has no types
    """A template, and which part of it is filled."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))
        self.at = (_MAIN, "")
        try:
            self.init_docx()
        except (OpcError, LxmlError, KeyError, ValueError, AttributeError):
            message = "this is no document of Word"
            raise InvalidTemplateError([Finding("", "package", message)]) from None

    def sources(self) -> Iterator[tuple[str, str]]:
        """Yield what is filled: parts and their text, a paragraph on each line."""
        yield _MAIN, _lines(self.patch_xml(self.get_xml()))
        for kind in (self.HEADER_URI, self.FOOTER_URI):
            for _, part in self.get_headers_footers(kind):
                yield part.partname, _lines(self.patch_xml(self.get_part_xml(part)))
        for part in self.docx.part.package.iter_parts():
            if part.partname.endswith("footnotes.xml"):
                yield part.partname, _lines(self.patch_xml(part.blob.decode("utf-8", "replace")))
        for name in _PROPERTIES:
            yield f"docProps/core.xml/{name}", getattr(self.docx.core_properties, name)

    def render_xml_part(self, src_xml: str, part: Any, context: Any, jinja_env: Any = None) -> str:
        """Fill a part, and remember which."""
        self.at = (str(part.partname), _lines(src_xml))
        found: str = super().render_xml_part(src_xml, part, context, jinja_env)
        return found

    def render_properties(self, context: Any, jinja_env: Any = None) -> None:
        """Fill the title and what else is said of the document."""
        self.at = ("docProps/core.xml", "")
        super().render_properties(context, jinja_env)


def _lines(xml: str) -> str:
    return _PARAGRAPH.sub(r"\n<w:p\1", xml)


def _finding(part: str, source: str, line: int, message: str) -> Finding:
    """Return a finding with the paragraph it is in: each begins a line of the source."""
    lines = source.split("\n")
    text = _TAG.sub("", lines[line - 1]) if 0 < line <= len(lines) else ""
    place = under("", *part.strip("/").split("/"), max(line - 1, 1))
    return Finding(place, "template", message[:300], "word", text.strip()[:200])


def _line(traceback: TracebackType | None) -> int:
    """Return the line of the template in which something was raised: Jinja sets it there."""
    found = 1
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == "<template>":
            found = traceback.tb_lineno
        traceback = traceback.tb_next
    return found
