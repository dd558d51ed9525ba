"""Bytes of pictures and documents, good ones and hostile ones."""

import io
import struct
import zipfile
import zlib
from typing import Any

import pikepdf
from PIL import Image

SIZE = (1600, 800)


def image(kind: str = "PNG", *, mode: str = "RGB", colour: Any = "navy", **options: Any) -> bytes:
    """Return an image of one colour, wider than high."""
    return saved(Image.new(mode, options.pop("size", SIZE), colour), kind, **options)


def saved(made: Image.Image, kind: str, **options: Any) -> bytes:
    """Return an image as a file."""
    out = io.BytesIO()
    made.save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    """Return an image that was read whole."""
    made = Image.open(io.BytesIO(data))
    made.load()
    return made


def bomb_png(width: int, height: int) -> bytes:
    """Return a short PNG that says it is that large, and is."""
    row = zlib.compressobj(9)
    line = bytes(1 + width // 8)
    packed = b"".join(row.compress(line) for _ in range(height)) + row.flush()
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)),
        (b"IDAT", packed),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


def pdf(*texts: str, content: bytes = b"", encryption: Any = None) -> bytes:
    """Return a PDF with a page for each text, or one with that for content."""
    made = pikepdf.Pdf.new()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    for text in texts or ("",):
        page = made.add_blank_page(page_size=(612, 792))
        drawn = content or f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode()
        page.Contents = pikepdf.Stream(made, drawn)
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    out = io.BytesIO()
    made.save(out, **({"encryption": encryption} if encryption else {}))
    return out.getvalue()


def recursive_pdf() -> bytes:
    """Return a PDF whose page draws a form that draws itself, twice."""
    made = pikepdf.Pdf.new()
    page = made.add_blank_page(page_size=(612, 792))
    form = made.make_indirect(
        pikepdf.Stream(
            made,
            b"/X Do /X Do",
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Form,
            BBox=[0, 0, 612, 792],
        )
    )
    form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=form))
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=form))
    page.Contents = pikepdf.Stream(made, b"/X Do")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    """Return a zip of these."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in parts.items():
            packed.writestr(name, body)
    return out.getvalue()


_W = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_O = b"urn:oasis:names:tc:opendocument:xmlns:"


def docx(text: bytes, *, before: bytes = b"") -> bytes:
    """Return what Word would have written, as far as it tells its text."""
    body = (
        b'%s<w:document xmlns:w="%s"><w:body><w:p><w:r><w:t>%s</w:t></w:r></w:p></w:body>'
        b"</w:document>"
    )
    return zipped({"word/document.xml": body % (before, _W, text)})


def xlsx(text: bytes) -> bytes:
    """Return a table with one cell."""
    body = b'<sst xmlns="%s"><si><t>%s</t></si></sst>'
    return zipped({"xl/sharedStrings.xml": body % (_S, text)})


def odt(text: bytes) -> bytes:
    """Return what a free office would have written."""
    body = (
        b'<o:document-content xmlns:o="%soffice:1.0" xmlns:t="%stext:1.0"><o:body><o:text>'
        b"<t:p>%s<t:span>joined</t:span></t:p></o:text></o:body></o:document-content>"
    )
    mimetype = b"application/vnd.oasis.opendocument.text"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("mimetype", mimetype)
        packed.writestr("content.xml", body % (_O, _O, text))
    return out.getvalue()
