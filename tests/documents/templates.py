"""Templates and data that several tests make documents of."""

import io
import json
from typing import Any

from apps.documents.adapters.pdf.rendering import render_pdf
from apps.documents.domain.evaluation.evaluating import evaluate
from apps.documents.domain.evaluation.parts import Document
from apps.documents.domain.limits import DEFAULT, Limits
from apps.documents.domain.model.parsing import parse_template

INVOICE: dict[str, Any] = {
    "septet": 1,
    "title": "Rechnung {{ number }}",
    "locale": "de_DE",
    "currency": "EUR",
    "timezone": "Europe/Berlin",
    "author": "Acme",
    "page": {
        "header": [{"type": "paragraph", "look": "small", "text": "Acme — {{ number }}"}],
        "footer": [
            {
                "type": "paragraph",
                "align": "center",
                "text": ["Seite ", {"field": "page"}, " von ", {"field": "pages"}],
            }
        ],
        "watermark": "{{ draft ? 'ENTWURF' : '' }}",
    },
    "partials": {
        "address": {
            "takes": ["who"],
            "blocks": [{"type": "paragraph", "text": "{{ who.name }}, {{ who.city }}"}],
        }
    },
    "blocks": [
        {"type": "heading", "level": 1, "text": "Rechnung {{ number }}"},
        {"type": "contents", "title": "Inhalt"},
        {"type": "include", "partial": "address", "with": {"who": "customer"}},
        {
            "type": "paragraph",
            "text": [
                "H",
                {"text": "2", "sub": True},
                "O ",
                {"text": "wichtig", "bold": True, "color": "#cc0000"},
                " ",
                {"text": "hier", "link": "https://example.com/{{ number }}"},
                " Ελληνικά Русский",
            ],
        },
        {
            "type": "list",
            "ordered": True,
            "items": [{"text": "eins", "items": [{"over": "lines", "text": "{{ item.name }}"}]}],
        },
        {
            "type": "table",
            "over": "lines",
            "as": "line",
            "stripes": True,
            "caption": "Positionen",
            "totals": "Summe",
            "groups": [{"by": "line.kind", "title": "Gruppe {{ line.kind }}"}],
            "columns": [
                {"title": "Position", "value": "line.name"},
                {"title": "Menge", "value": "line.qty", "format": "number", "width": 25},
                {
                    "title": "Betrag",
                    "value": "line.qty * line.price",
                    "format": "currency",
                    "total": "sum",
                    "width": 35,
                },
            ],
        },
        {
            "type": "chart",
            "kind": "bar",
            "over": "lines",
            "label": "item.name",
            "series": [{"name": "Menge", "value": "item.qty"}],
            "alt": "Mengen je Position",
        },
        {
            "type": "when",
            "test": "customer.vip",
            "blocks": [{"type": "paragraph", "text": "Danke"}],
            "else": [{"type": "paragraph", "text": "Gruß"}],
        },
        {
            "type": "keep",
            "blocks": [
                {"type": "barcode", "symbology": "ean13", "value": "400638133393"},
                {"type": "barcode", "symbology": "qr", "value": "https://example.com/{{ number }}"},
            ],
        },
        {
            "type": "table",
            "columns": [{"title": "A"}, {"title": "B"}, {"title": "C"}],
            "rows": [
                [{"text": "hoch", "down": 2}, {"text": "breit", "across": 2}],
                ["x", "=1+2"],
            ],
        },
        {"type": "field", "name": "agree", "control": "checkbox", "label": "Einverstanden"},
        {
            "type": "section",
            "page": {"orientation": "landscape"},
            "blocks": [{"type": "heading", "level": 2, "text": "Quer"}],
        },
        {"type": "paragraph", "text": "Ende"},
    ],
}

DATA: dict[str, Any] = {
    "number": 20240017,
    "draft": True,
    "customer": {"name": "Ärzte & Co <b>", "city": "Köln", "vip": False},
    "lines": [
        {"name": f"Teil {at}", "qty": at + 1, "price": 9.99, "kind": "ab"[at // 2]}
        for at in range(4)
    ],
}


def document(
    template: dict[str, Any],
    data: dict[str, Any] | None = None,
    limits: Limits = DEFAULT,
    **more: Any,
) -> Document:
    """Return a document of a template in Python's own types."""
    return evaluate(parse_template(json.dumps(template)), data or {}, limits=limits, **more)


def of_blocks(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a template of some blocks."""
    return {"septet": 1, "title": "Test", "blocks": list(blocks), **more}


def pdf(template: dict[str, Any], data: dict[str, Any] | None = None, **more: Any) -> bytes:
    """Return a document as PDF."""
    out = io.BytesIO()
    render_pdf(document(template, data), out, **more)
    return out.getvalue()
