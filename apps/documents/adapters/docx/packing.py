"""Word documents opened and written as packages, with no more in them than is needed."""

import io
import zipfile
from collections.abc import Iterator
from functools import cache
from typing import Any, BinaryIO

import docx
from docx.opc.pkgwriter import _ContentTypesItem

from apps.documents.adapters.docx.styles import add_styles

_WHEN = (1980, 1, 1, 0, 0, 0)
_TABLE_STYLES = frozenset(("TableNormal", "TableGrid"))
#: A picture of an empty page, and a list of books that nobody reads.
_UNUSED = ("/thumbnail", "/customXml")


def empty() -> Any:
    """Return a document of python-docx without content."""
    return docx.Document(io.BytesIO(_base()))


@cache
def _base() -> bytes:
    """Return python-docx's own template without its hundred styles of tables, and with ours."""
    book: Any = docx.Document()
    styles = book.styles.element
    for style in list(styles.style_lst):
        if str(style.type).startswith("TABLE") and style.styleId not in _TABLE_STYLES:
            styles.remove(style)
    add_styles(book)
    for rels in (book.part.package.rels, book.part.rels):
        for name in [one for one, rel in rels.items() if rel.reltype.endswith(_UNUSED)]:
            del rels[name]
    out = io.BytesIO()
    pack(book, out, zipfile.ZIP_STORED)
    return out.getvalue()


def pack(book: Any, out: BinaryIO, how: int = zipfile.ZIP_DEFLATED) -> None:
    """Write a document, packed once; python-docx would say when."""
    with zipfile.ZipFile(out, "w", how, compresslevel=6) as packed:
        for name, content in _parts(book.part.package):
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = how
            packed.writestr(entry, content)


def _parts(package: Any) -> Iterator[tuple[str, bytes]]:
    parts = package.parts
    for part in parts:
        part.before_marshal()
    types: Any = _ContentTypesItem
    yield "[Content_Types].xml", types.from_parts(parts).blob
    yield "_rels/.rels", package.rels.xml
    for part in parts:
        yield part.partname.membername, part.blob
        if len(part.rels):
            yield part.partname.rels_uri.membername, part.rels.xml
