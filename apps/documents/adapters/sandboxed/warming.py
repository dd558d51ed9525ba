"""All that rendering opens, opened before a call may open nothing."""

import io
import json
import zoneinfo
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, BinaryIO

import babel
import docx
from babel import localedata
from docx import api
from docx.parts.comments import CommentsPart
from docx.parts.hdrftr import FooterPart, HeaderPart
from docx.parts.settings import SettingsPart
from docx.parts.styles import StylesPart
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from PIL import Image

from apps.documents.adapters.pdf import fonts
from apps.documents.adapters.sandboxed.faces import inspect_fonts
from apps.documents.adapters.sandboxed.packing import ASSET, head
from apps.documents.adapters.sandboxed.rendering import render
from apps.documents.adapters.sandboxed.uploads import inspect
from apps.documents.domain.gallery import sample_of

#: Those of which a call finds the data read; others are read from memory by each.
_USUAL_LOCALES = (
    *("ar", "de_AT", "de_CH", "de_DE", "en_GB", "en_US", "es_ES", "fr_CH", "fr_FR", "he", "it_IT"),
    *("ja_JP", "ko_KR", "nl_NL", "pl_PL", "pt_BR", "pt_PT", "ru_RU", "zh_Hans_CN"),
)
#: So often a PDF is made: by then the interpreter has settled on how it runs what they share.
_ROUNDS = 4
_HELD: list[Any] = []


def warm() -> None:
    """Read locales, time zones, fonts and the parts of Word documents; make one of each format."""
    localedata.open = _from_memory(Path(localedata.__file__).with_name("locale-data"))  # type: ignore[attr-defined]  # in the place of the builtin
    localedata.locale_identifiers()
    _HELD.extend(babel.Locale.parse(tag) for tag in _USUAL_LOCALES)
    for locale in _HELD:
        locale._data  # noqa: B018, SLF001  reads it
    _HELD.extend(zoneinfo.ZoneInfo(name) for name in zoneinfo.available_timezones())
    for part, method in (
        (CommentsPart, "_default_comments_xml"),
        (FooterPart, "_default_footer_xml"),
        (HeaderPart, "_default_header_xml"),
        (SettingsPart, "_default_settings_xml"),
        (StylesPart, "_default_styles_xml"),
    ):
        setattr(part, method, _always(getattr(part, method)()))
    default = Path(docx.__file__).with_name("templates") / "default.docx"
    api._default_docx_path = partial(io.BytesIO, default.read_bytes())  # noqa: SLF001  as good as a path
    Image.init()
    fonts.warm()
    for kind in (*["pdf"] * _ROUNDS, "xlsx", "docx", "html", "csv"):
        _try(kind)
    _try("pdf", _KEPT)
    touch()
    _try("pdf", protection={"user": "a", "owner": "b"})
    for kind, brought in zip(("pdf", "html", "docx", "xlsx"), _brought_fonts() * 2, strict=True):
        _try(kind, brought=brought)
    for kind, content in (("docx", _letter()), ("xlsx", _workbook())):
        if "kind" not in inspect(content)[0]:
            raise RuntimeError(f"what is tried as a template of {kind} is refused")
        _try(kind, upload=content)
    _try("docx", upload=_letter("{{ 'a' | currency }}"), refused=True)
    _try("xlsx", upload=_workbook("{{ 'a' * 2 }}"), refused=True)


def touch() -> None:
    """Make what people wait for, an invoice, while nobody waits."""
    _made(_invoice())


@cache
def _invoice() -> bytes:
    """Return that of the gallery, as a call is given it."""
    sample = sample_of("invoice")
    if sample is None:
        raise RuntimeError("the gallery has no invoice")
    return _packed(
        {
            "template": json.dumps(sample.template).encode(),
            "data": json.dumps(sample.data).encode(),
            **{ASSET + name: content for name, content in sample.assets.items()},
        }
    )


def _from_memory(folder: Path) -> Callable[..., BinaryIO]:
    """Return what opens the files of a folder as they are now, by their whole path."""
    kept = {str(one): one.read_bytes() for one in folder.glob("*.dat")}
    return lambda path, _mode: io.BytesIO(kept[path])


def _always(found: Any) -> Any:
    return staticmethod(lambda: found)


def _letter(text: str = "{{ a }}") -> bytes:
    """Return a template made in Word with what such have."""
    book, out = docx.Document(), io.BytesIO()
    book.add_paragraph(text)
    book.add_paragraph("{{ 1.5 | currency }} {{ '2024-01-31' | date }}")
    book.add_paragraph("{%p for one in many %}")
    book.add_paragraph("{{ one | upper }}")
    book.add_paragraph("{%p endfor %}")
    book.sections[0].header.paragraphs[0].text = "{{ a }}"
    book.save(out)
    return out.getvalue()


def _workbook(text: str = "{{ a }}") -> bytes:
    """Return a template made in Excel with what such have."""
    book, out = Workbook(), io.BytesIO()
    sheet: Any = book.active
    sheet.append(["{{ each one in [1, 2] }}{{ one }}", "{{ '2024-01-31' | to_date }}", "=A1*2"])
    sheet.append([text, None, "=SUM(A1)"])
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=1, min_row=1, max_row=2))
    sheet.add_chart(chart, "E1")
    book.save(out)
    return out.getvalue()


def _brought_fonts() -> list[bytes]:
    """Return fonts as they are kept: one of TrueType, and one whose outlines are PostScript's."""
    plain, kept = fonts.content(fonts.REGULAR), []
    for content in (plain, _postscript()):
        _, parts = inspect_fonts(head({"regular": len(content)}) + content)
        kept.extend(parts)
    return kept


def _postscript() -> bytes:
    """Return the smallest font with outlines of PostScript."""
    pen = T2CharStringPen(600, None)
    pen.moveTo((0, 0))
    pen.lineTo((0, 500))
    pen.curveTo((200, 500), (500, 300), (500, 0))
    pen.closePath()
    shape = pen.getCharString()
    names = [".notdef", "space", "A"]
    made = FontBuilder(1000, isTTF=False)
    made.setupGlyphOrder(names)
    made.setupCharacterMap({0x20: "space", 0x41: "A"})
    made.setupCFF("Tried", {}, dict.fromkeys(names, shape), {})
    made.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
    made.setupHorizontalHeader()
    made.setupNameTable({"familyName": "Tried"})
    made.setupOS2()
    made.setupPost()
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _try(
    kind: str,
    template: dict[str, Any] | None = None,
    upload: bytes = b"",
    brought: bytes = b"",
    *,
    refused: bool = False,
    **more: Any,
) -> None:
    parts = {"template": json.dumps(template or _EVERYTHING).encode(), "data": b"{}"}
    if brought:
        parts["fonts"] = brought
    if upload:
        parts = {"template": json.dumps(_KEPT).encode(), "data": b"{}", "upload": upload}
    _made(_packed(parts), kind, refused=refused, **more)


def _packed(parts: dict[str, bytes]) -> bytes:
    return head({name: len(part) for name, part in parts.items()}) + b"".join(parts.values())


def _made(given: bytes, kind: str = "pdf", *, refused: bool = False, **more: Any) -> None:
    told, made = render(given, format=kind, **more)
    if bool(made) == refused:
        raise RuntimeError(f"what is tried as {kind} has come to {told}")


_KEPT: dict[str, Any] = {"septet": 1, "title": "A", "pdf": {"archive": True}, "blocks": []}
_ROWS: dict[str, Any] = {"type": "table", "columns": [{"title": "A"}], "rows": [["1"]]}
#: Each kind of block, and a character of each script.
_EVERYTHING: dict[str, Any] = {
    "septet": 1,
    "title": "Everything",
    "page": {
        "header": [{"type": "paragraph", "text": "A"}],
        "footer": [{"type": "paragraph", "text": [{"field": "page"}]}],
        "watermark": "A",
        "border": True,
    },
    "blocks": [
        {"type": "contents", "title": "A"},
        {"type": "heading", "level": 1, "text": "A"},
        {"type": "paragraph", "text": "a Б λ ع א ∑ ✓ 中 あ 한"},
        {"type": "paragraph", "look": "code", "text": [{"text": "a", "bold": True}]},
        {"type": "paragraph", "text": [{"text": "a", "bold": True, "link": "https://example.com"}]},
        {"type": "paragraph", "text": "{{ 1234.5 | currency }} {{ date('2024-01-31', 'long') }}"},
        {"type": "list", "items": [{"text": "a"}]},
        _ROWS,
        {**_ROWS, "rows": [[{"text": "a", "across": 1}]]},
        {"type": "keep", "panel": True, "blocks": [{"type": "rule"}]},
        {"type": "barcode", "symbology": "qr", "value": "a"},
        {"type": "barcode", "symbology": "code128", "value": "a"},
        *(
            {
                "type": "chart",
                "kind": kind,
                "over": "[1, 2]",
                "label": "item",
                "series": [{"name": "a", "value": "item"}],
                "alt": "a",
            }
            for kind in ("bar", "line", "pie")
        ),
        {"type": "field", "name": "a", "control": "checkbox", "label": "a"},
        {"type": "columns", "columns": [{"blocks": [_ROWS]}, {"blocks": [{"type": "rule"}]}]},
    ],
}
