"""A finished PDF is made one to be kept: PDF/A-3b (ISO 19005-3), with files that belong to it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, BinaryIO, Literal

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from apps.documents.adapters.pdf.opening import opened, saved
from apps.documents.domain.findings import stop

#: Made by Little CMS ("No copyright, use freely"), its date set to 2000-01-01.
_SRGB = Path(__file__).with_name("srgb.icc").read_bytes()
_DATE, _XMP_DATE = "D:20000101000000+00'00'", "2000-01-01T00:00:00+00:00"
_PRODUCER = "Septet"
_PRINTED = 4
#: Fonts that have glyphs themselves; others are made of these, or of drawings.
_SIMPLE = (Name.Type1, Name.MMType1, Name.TrueType, Name.CIDFontType0, Name.CIDFontType2)

Relationship = Literal["Source", "Data", "Alternative", "Supplement", "Unspecified"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that travels in a PDF, and what it is to the document."""

    name: str
    content: bytes
    media_type: str
    description: str = ""
    relationship: Relationship = "Unspecified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What is put into a PDF/A beside its pages; `metadata` is more descriptions in RDF."""

    attachments: tuple[Attachment, ...] = ()
    metadata: str = ""


def archive_pdf(plain: BinaryIO, out: BinaryIO, archive: Archive | None = None) -> None:
    """Write a PDF as PDF/A-3b: the same bytes for the same document.

    Raises DocumentError, with a place of each thing that cannot be kept: fonts that are not
    embedded, fields of forms, scripts, colours of printing. Made for PDFs that `render_pdf` has
    drawn: of others it refuses what it knows of, which is not all that a validator finds.
    """
    archive = archive or Archive()
    with opened(plain) as pdf:
        for refusal in _refusals(pdf):
            stop("", *refusal)
        _links_are_printed(pdf)
        _color(pdf)
        _attach(pdf, archive.attachments)
        _describe(pdf, archive.metadata)
        saved(pdf, out)


def _refusals(pdf: pikepdf.Pdf) -> Iterator[tuple[str, str]]:
    root = pdf.Root
    if Name.AcroForm in root and len(root.AcroForm.get(Name.Fields, [])):
        yield "fields", "a PDF/A has no fields to fill: fill and flatten the form before"
    if any(key in root for key in (Name.OpenAction, Name.AA)) or "/JavaScript" in root.get(
        Name.Names, {}
    ):
        yield "script", "a PDF/A runs nothing: the PDF has actions or scripts"
    for one in _dictionaries(pdf):
        kind, name = one.get(Name.Subtype), str(one.get(Name.BaseFont, "?"))[1:61]
        if one.get(Name.Type) == Name.Font and kind in _SIMPLE and not _embedded(one):
            yield "font", f"the font {name} is not embedded, as PDF/A asks for"
        if kind == Name.Image and one.get(Name.ColorSpace) == Name.DeviceCMYK:
            yield "color", "a picture has colours of printing (CMYK): give one in sRGB"


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Yield every dictionary, with those that stand within others, and of streams."""
    waiting: list[Any] = []
    for one in pdf.objects:
        waiting.append(one)
        while waiting:
            held = waiting.pop()
            if isinstance(held, pikepdf.Stream):
                held = held.stream_dict
            if isinstance(held, Dictionary):
                yield held
                waiting.extend(value for value in held.values() if _within(value))
            elif isinstance(held, Array):
                waiting.extend(value for value in held if _within(value))


def _within(value: Any) -> bool:
    """Return whether a value stands where it is named: others are met by themselves."""
    return isinstance(value, Dictionary | Array) and not value.is_indirect


def _embedded(font: Any) -> bool:
    descriptor = font.get(Name.FontDescriptor, {})
    return any(key in descriptor for key in (Name.FontFile, Name.FontFile2, Name.FontFile3))


def _links_are_printed(pdf: pikepdf.Pdf) -> None:
    for page in pdf.pages:
        for annotation in page.obj.get(Name.Annots, []):
            annotation.F = int(annotation.get(Name.F, 0)) | _PRINTED


def _color(pdf: pikepdf.Pdf) -> None:
    profile = pdf.make_stream(_SRGB, N=3)
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier=String("sRGB"),
        Info=String("sRGB IEC61966-2.1"),
        DestOutputProfile=profile,
    )
    pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])


def _attach(pdf: pikepdf.Pdf, attachments: Sequence[Attachment]) -> None:
    if not attachments:
        return
    names, files = Array(), Array()
    for one in sorted(attachments, key=lambda each: each.name):
        specification = pdf.make_indirect(_file(pdf, one))
        names.extend([String(one.name), specification])
        files.append(specification)
    if Name.Names not in pdf.Root:
        pdf.Root.Names = Dictionary()
    pdf.Root.Names.EmbeddedFiles = Dictionary(Names=names)
    pdf.Root.AF = files


def _file(pdf: pikepdf.Pdf, given: Attachment) -> Dictionary:
    # A digest that the format names, and nothing is protected by.
    digest = hashlib.md5(given.content, usedforsecurity=False).digest()
    stream = pdf.make_stream(
        given.content,
        Type=Name.EmbeddedFile,
        Subtype=Name("/" + given.media_type),
        Params=Dictionary(Size=len(given.content), ModDate=String(_DATE), CheckSum=String(digest)),
    )
    return Dictionary(
        Type=Name.Filespec,
        F=String(given.name),
        UF=String(given.name),
        Desc=String(given.description),
        AFRelationship=Name("/" + given.relationship),
        EF=Dictionary(F=stream, UF=stream),
    )


def _describe(pdf: pikepdf.Pdf, more: str) -> None:
    """Say the same of the document in both of the places where it is said."""
    info = {
        key: str(pdf.docinfo[name])
        for key in ("Title", "Author", "Subject", "Keywords")
        if (name := Name("/" + key)) in pdf.docinfo and str(pdf.docinfo[name])
    }
    if Name.Info in pdf.trailer:
        del pdf.trailer.Info
    told = {**info, "Creator": _PRODUCER, "Producer": _PRODUCER}
    dates = {"CreationDate": _DATE, "ModDate": _DATE}
    for key, value in {**told, **dates}.items():
        pdf.docinfo[Name("/" + key)] = String(value)
    metadata = pdf.make_stream(_xmp(info, more).encode(), Type=Name.Metadata, Subtype=Name.XML)
    pdf.Root.Metadata = metadata


def _xmp(info: dict[str, str], more: str) -> str:
    said = {key: escape(value, quote=False) for key, value in info.items()}
    lines = [
        "<pdfaid:part>3</pdfaid:part>",
        "<pdfaid:conformance>B</pdfaid:conformance>",
        "<dc:format>application/pdf</dc:format>",
        f"<xmp:CreatorTool>{_PRODUCER}</xmp:CreatorTool>",
        f"<xmp:CreateDate>{_XMP_DATE}</xmp:CreateDate>",
        f"<xmp:ModifyDate>{_XMP_DATE}</xmp:ModifyDate>",
        f"<pdf:Producer>{_PRODUCER}</pdf:Producer>",
    ]
    if "Title" in said:
        lines.append(f"<dc:title>{_alternatives(said['Title'])}</dc:title>")
    if "Author" in said:
        author = f"<rdf:Seq><rdf:li>{said['Author']}</rdf:li></rdf:Seq>"
        lines.append(f"<dc:creator>{author}</dc:creator>")
    if "Subject" in said:
        lines.append(f"<dc:description>{_alternatives(said['Subject'])}</dc:description>")
    if "Keywords" in said:
        lines.append(f"<pdf:Keywords>{said['Keywords']}</pdf:Keywords>")
    return _PACKET.format(lines="\n".join(lines), more=more)


def _alternatives(text: str) -> str:
    return f'<rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt>'


_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
{lines}
</rdf:Description>
{more}</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
