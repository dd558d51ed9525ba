"""A document as one HTML page: landmarks and captions, a style for print, nothing from outside."""

import base64
import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import BinaryIO

from reportlab.graphics import renderSVG
from reportlab.graphics.shapes import Drawing

from apps.documents.adapters.drawings import draw_barcode, draw_chart
from apps.documents.adapters.images import checked_image
from apps.documents.domain.evaluation import parts
from apps.documents.domain.evaluation.evaluating import title_of
from apps.documents.domain.faces import Faces, Style
from apps.documents.domain.model.blocks import Align
from apps.documents.domain.model.texts import Span, Spans, words

_TAGS = (
    ("code", "code"),
    ("bold", "strong"),
    ("italic", "em"),
    ("underline", "u"),
    ("strike", "s"),
    ("sub", "sub"),
    ("sup", "sup"),
)
_SVG = re.compile(r"<svg.*</svg>", re.DOTALL)
_NAMED = re.compile(r"\s*<(title|desc)>\.\.\.</\1>")
_LTR_OR_RTL = {False: "ltr", True: "rtl"}

_STYLE = """
*{{box-sizing:border-box}}
body{{margin:0;background:#fff;color:{color};font:{size}pt/1.5 {family}"Noto Sans","DejaVu Sans",
 system-ui,sans-serif}}
main{{max-width:{width}mm;margin:0 auto;padding:{top}mm 16px {bottom}mm;overflow-wrap:break-word}}
h1,h2,h3,h4,h5,h6{{line-height:1.25;margin:1.4em 0 .5em;break-after:avoid}}
h1{{font-size:1.9em}}h2{{font-size:1.5em}}h3{{font-size:1.2em}}h4,h5,h6{{font-size:1em}}
p{{margin:0 0 .7em;white-space:pre-line}}
.display{{font-size:2.2em;font-weight:700;line-height:1.25;margin:0 0 .15em}}
.lead{{font-size:1.2em}}.small{{font-size:.85em}}
.quote{{border-inline-start:3px solid {accent};padding-inline-start:1em}}
.code,code{{font-family:"Noto Sans Mono","DejaVu Sans Mono",monospace;font-size:.92em}}
.code{{background:{stripe};padding:.7em 1em;white-space:pre-wrap}}
.start{{text-align:start}}.center{{text-align:center}}.end{{text-align:end}}
.justify{{text-align:justify}}
a{{color:{accent}}}
.table{{overflow-x:auto;margin:0 0 1em}}
table{{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}}
caption{{text-align:start;font-weight:600;padding:.3em 0}}
thead{{display:table-header-group}}tr{{break-inside:avoid}}
th,td{{padding:.35em .5em;border-bottom:1px solid #d1d5db;text-align:start;vertical-align:top}}
thead th{{border-bottom:2px solid {accent}}}
th.end,td.end{{text-align:end}}th.center,td.center{{text-align:center}}
.striped tr.body:nth-child(even) td{{background:{stripe}}}
.plain td{{border-bottom:0}}
.group th{{background:{stripe}}}
.subtotal td,.subtotal th,.total td,.total th{{font-weight:600}}
.total td,.total th{{border-top:2px solid {accent}}}
figure{{margin:0 0 1em}}img,svg{{max-width:100%;height:auto}}
.columns{{display:flex;gap:0 5mm;flex-wrap:wrap}}.columns>div{{min-width:min(100%,11em)}}
.columns .columns>div,header .columns>div,footer .columns>div{{min-width:0}}
.columns>div>.panel:only-child{{height:calc(100% - 1em)}}
.keep{{break-inside:avoid}}
.panel{{background:{stripe};border-radius:5px;padding:.8em 1em .4em;margin:0 0 1em}}
.break{{break-before:page}}
hr{{border:0;border-top:1px solid #9ca3af;margin:1em 0}}
label{{display:block;margin:0 0 .8em}}
input:not([type=checkbox]),select{{display:block;font:inherit;padding:.3em;width:100%;
 max-width:30em;border:1px solid #6b7280;border-radius:3px}}
.watermark{{position:fixed;inset:0;display:grid;place-items:center;pointer-events:none;
 font-size:6em;color:#6b7280;opacity:.12;transform:rotate(-35deg);overflow:hidden}}
header,footer{{max-width:{width}mm;margin:0 auto;padding:8px 16px}}
@page{{size:{page_width}mm {page_height}mm;margin:{margins}}}
@media screen and (max-width:600px){{.columns>div:empty{{display:none}}
 .columns>div:has(svg,.table){{min-width:100%}}}}
@media print{{main{{max-width:none;padding:0}}.table{{overflow:visible}}}}
"""


#: What the fonts of a page may come to: larger ones are named, for those who have them.
MOST_FONT_BYTES = 1_000_000
_DESCRIBED: dict[Style, str] = {
    "regular": "",
    "bold": "font-weight:700;",
    "italic": "font-style:italic;",
    "bold_italic": "font-weight:700;font-style:italic;",
}


def _faces(faces: Faces) -> str:
    """Return the fonts of a tenant as styles, in the page itself."""
    whole = sum(map(len, faces.files.values()))
    if not faces.editable or whole > MOST_FONT_BYTES:
        return ""
    return "".join(
        f'\n@font-face{{font-family:"{faces.family}";{_DESCRIBED[style]}'
        f"src:url(data:font/ttf;base64,{base64.b64encode(content).decode()})}}"
        for style, content in faces.files.items()
    )


def render_html(document: parts.Document, out: BinaryIO) -> None:
    """Write a document; the paper of its sections is left to the first page's."""
    write = _Writer(document)
    out.writelines(piece.encode() for piece in write.document())


class _Writer:
    def __init__(self, document: parts.Document) -> None:
        self.given = document
        # A list of contents stands before the headings that it lists: then all parts are held.
        self.headings: list[parts.Heading] = []
        self.figures = 0
        self.watermark = document.page.watermark

    def document(self) -> Iterator[str]:
        """Yield the page from its start to its end."""
        given, page = self.given, self.given.page
        direction = _LTR_OR_RTL[given.locale.rtl]
        yield f'<!doctype html>\n<html lang="{given.locale.tag}" dir="{direction}">\n<head>\n'
        yield '<meta charset="utf-8">\n'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        yield f"<title>{escape(given.title)}</title>\n"
        for name, content in (
            ("author", given.author),
            ("description", given.subject),
            ("keywords", ", ".join(given.keywords)),
        ):
            if content:
                yield f'<meta name="{name}" content="{escape(content)}">\n'
        yield f"<style>{self._style(page)}</style>\n</head>\n<body>\n"
        if page.header:
            yield f"<header>\n{''.join(self._parts(page.header))}</header>\n"
        if self.watermark:
            yield f'<div class="watermark" aria-hidden="true">{escape(self.watermark)}</div>\n'
        yield "<main>\n"
        yield from self._body()
        yield "</main>\n"
        if page.footer:
            yield f"<footer>\n{''.join(self._parts(page.footer))}</footer>\n"
        yield "</body>\n</html>\n"

    def _style(self, page: parts.Page) -> str:
        theme = self.given.theme
        top, right, bottom, left = page.margins
        faces = self.given.faces
        return (_faces(faces) if faces else "") + _STYLE.format(
            family=f'"{faces.family}",' if faces else "",
            color=theme.color,
            size=f"{theme.size:g}",
            accent=theme.accent,
            stripe=theme.stripe,
            width=f"{max(page.width - left - right, 120):g}",
            top=f"{min(top, 12):g}",
            bottom=f"{min(bottom, 12):g}",
            page_width=f"{page.width:g}",
            page_height=f"{page.height:g}",
            margins=" ".join(f"{one:g}mm" for one in page.margins),
        )

    def _body(self) -> Iterator[str]:
        """Contents wait for what is after them; until there are some, nothing is held."""
        waiting: list[str | parts.Contents] = []
        for part in self.given.parts:
            if isinstance(part, parts.Contents):
                waiting.append(part)
            elif waiting:
                waiting.extend(self._part(part))
            else:
                yield from self._part(part)
        for one in waiting:
            yield one if isinstance(one, str) else self._contents(one)

    def _parts(self, given: Iterable[parts.Part]) -> Iterator[str]:
        for part in given:
            yield from self._part(part)

    def _part(self, part: parts.Part) -> Iterator[str]:  # noqa: C901, PLR0912  (one case for each)
        match part:
            case parts.Heading():
                self.headings.append(part)
                name = f"h{part.level}"
                yield f'<{name} id="h-{part.number}">{_inline(part.text)}</{name}>\n'
            case parts.Paragraph():
                # A page on a screen has no number, and a sentence about it says nothing.
                if any(span.page for span in part.text):
                    return
                look = "" if part.look == "normal" else f" {part.look}"
                yield f'<p class="{part.align}{look}">{_inline(part.text)}</p>\n'
            case parts.Listing():
                yield from _listing(part.ordered, part.items)
            case parts.Table():
                yield from _table(part)
            case parts.Image():
                yield self._image(part)
            case parts.Chart():
                yield self._figure(
                    draw_chart(part, self.given.locale, "Helvetica", "Helvetica-Bold"), part.alt
                )
            case parts.Barcode():
                yield self._figure(draw_barcode(part, "Helvetica"), part.alt, part.align)
            case parts.PageBreak():
                yield '<div class="break"></div>\n'
            case parts.Rule():
                yield "<hr>\n"
            case parts.Spacer():
                yield f'<div style="height:{part.height:g}mm"></div>\n'
            case parts.Field():
                yield self._field(part)
            case parts.Keep():
                yield f'<div class="keep{" panel" if part.panel else ""}">\n'
                yield from self._parts(part.parts)
                yield "</div>\n"
            case parts.Columns():
                yield from self._columns(part)
            case parts.Page():
                yield '<div class="break"></div>\n'
            case parts.Contents():
                yield self._contents(part)

    def _contents(self, part: parts.Contents) -> str:
        items = "".join(
            f'<li style="margin-inline-start:{one.level - 1}em">'
            f'<a href="#h-{one.number}">{escape(title_of(one))}</a></li>\n'
            for one in self.headings
            if one.level <= part.levels
        )
        title = f"<p><strong>{_inline(part.title)}</strong></p>\n" if part.title else ""
        name = escape(words(part.title)) or "Contents"
        return f'<nav aria-label="{name}">\n{title}<ul>\n{items}</ul>\n</nav>\n'

    def _columns(self, part: parts.Columns) -> Iterator[str]:
        yield '<div class="columns">\n'
        for share, column in zip(part.shares, part.columns, strict=True):
            yield f'<div style="flex:{share * 100:.2f}">'
            yield from self._parts(column)
            yield "</div>\n"
        yield "</div>\n"

    def _image(self, part: parts.Image) -> str:
        kind, _, _ = checked_image(part)
        size = "".join(
            f"{side}:{length:g}mm;"
            for side, length in (("width", part.width), ("height", part.height))
            if length
        )
        source = f"data:image/{kind};base64,{base64.b64encode(part.data).decode()}"
        return (
            f'<figure class="{part.align}"><img src="{source}" alt="{escape(part.alt)}" '
            f'style="{size}"></figure>\n'
        )

    def _figure(self, drawing: Drawing, alt: str, align: Align = "start") -> str:
        """Return a drawing; reportlab gives each the same ids, and "..." for a title."""
        self.figures += 1
        found = _SVG.search(renderSVG.drawToString(drawing))
        if found is None:
            raise ValueError("reportlab wrote no svg")
        clip = f"clip-{self.figures}"
        svg = _NAMED.sub("", found[0]).replace('id="clip"', f'id="{clip}"')
        svg = svg.replace("url(#clip)", f"url(#{clip})").replace(' id="group"', "")
        svg = svg.replace("<svg", f'<svg role="img" aria-label="{escape(alt)}"', 1)
        return f'<figure class="{align}">{svg}</figure>\n'

    def _field(self, part: parts.Field) -> str:
        name, label, value = part.name, _inline(part.label), escape(part.value)
        if part.control == "checkbox":
            checked = " checked" if part.value not in ("", "false", "0") else ""
            return f'<label><input type="checkbox" name="{name}"{checked}> {label}</label>\n'
        if part.control == "choice":
            options = "".join(
                f"<option{' selected' if one == part.value else ''}>{escape(one)}</option>"
                for one in part.options
            )
            return f'<label>{label}<select name="{name}">{options}</select></label>\n'
        return f'<label>{label}<input type="text" name="{name}" value="{value}"></label>\n'


def _inline(spans: Spans) -> str:
    return "".join(_span(span) for span in spans)


def _span(span: Span) -> str:
    text = escape(span.text)
    style = span.style
    for mark, tag in _TAGS:
        if getattr(style, mark):
            text = f"<{tag}>{text}</{tag}>"
    if style.color:
        text = f'<span style="color:{style.color}">{text}</span>'
    return f'<a href="{escape(span.link)}">{text}</a>' if span.link else text


def _listing(ordered: bool, items: tuple[parts.Item, ...]) -> Iterator[str]:
    name = "ol" if ordered else "ul"
    yield f"<{name}>\n"
    for item in items:
        yield f"<li>{_inline(item.text)}"
        if item.items:
            yield "\n"
            yield from _listing(ordered, item.items)
        yield "</li>\n"
    yield f"</{name}>\n"


def _table(table: parts.Table) -> Iterator[str]:
    looks = [
        name for name, held in (("striped", table.stripes), ("plain", not table.lines)) if held
    ]
    named = f' class="{" ".join(looks)}"' if looks else ""
    # What scrolls sideways on a small screen has to be reached by the keyboard too.
    name = escape(words(table.caption)) or "Table"
    role = "" if table.header or table.lines else ' role="presentation"'
    yield f'<div class="table" role="region" aria-label="{name}" tabindex="0">'
    yield f"<table{named}{role}>\n"
    if table.caption:
        yield f"<caption>{_inline(table.caption)}</caption>\n"
    if any(column.width for column in table.columns):
        widths = (f'style="width:{one.width:g}mm"' if one.width else "" for one in table.columns)
        yield f"<colgroup>{''.join(f'<col {one}>' for one in widths)}</colgroup>\n"
    if table.header:
        heads = "".join(
            f'<th scope="col" class="{one.align}">{_inline(one.title)}</th>'
            for one in table.columns
        )
        yield f"<thead><tr>{heads}</tr></thead>\n"
    yield "<tbody>\n"
    for row in table.rows:
        cells = "".join(_cell(cell, row.kind) for cell in row.cells)
        yield f'<tr class="{row.kind}">{cells}</tr>\n'
    yield "</tbody>\n</table></div>\n"


def _cell(cell: parts.Cell, kind: parts.RowKind) -> str:
    spans = "".join(
        f' {name}="{count}"'
        for name, count in (("colspan", cell.across), ("rowspan", cell.down))
        if count > 1
    )
    if kind == "group":
        return f'<th scope="rowgroup"{spans}>{_inline(cell.text)}</th>'
    return f'<td class="{cell.align}"{spans}>{_inline(cell.text)}</td>'
