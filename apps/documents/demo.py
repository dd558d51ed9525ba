"""Demo data: templates with their look, what a worker makes of one, and what cannot be made."""

import base64
import json
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.db import transaction

from apps.documents.domain.gallery import sample_of
from apps.documents.models import BatchPacking, Document, DocumentFormat, SigningKey, Template
from apps.documents.services.batches import create_batch
from apps.documents.services.beginning import copy_from_gallery
from apps.documents.services.documents import create_document
from apps.documents.services.drafts import save_draft
from apps.documents.services.looks import create_partial, create_theme
from apps.documents.services.publishing import publish_template
from apps.documents.services.signing import create_signing_key
from apps.documents.services.templates import create_template
from kernel import clock

_NAME = "runway-report"
#: Of the gallery; the first is signed.
_COPIED = ("certificate", "price-list")
_BODY = {
    "septet": 1,
    "title": "Runways of {{ airport }}",
    "page": {
        "footer": [
            {
                "type": "paragraph",
                "look": "small",
                "text": ["Page ", {"field": "page"}, " of ", {"field": "pages"}],
            }
        ]
    },
    "blocks": [
        {"type": "heading", "level": 1, "text": "{{ airport }}"},
        {"type": "paragraph", "look": "lead", "text": "{{ lines | count }} runways in service."},
        {
            "type": "table",
            "over": "lines",
            "as": "runway",
            "stripes": True,
            "columns": [
                {"title": "Runway", "value": "runway.name"},
                {"title": "Length (m)", "value": "runway.length", "format": "number"},
                {"title": "Surface", "value": "runway.surface"},
            ],
        },
    ],
}
_WELCOME = """\

# Welcome, {{ customer.name }}

Thank you for joining us on **{{ date(since, 'long') }}**.

::: when count(offers) > 0
This month we have for you:

::: repeat offers as offer
- {{ offer.name }}, {{ percent(offer.off) }} off
:::
:::

Yours,  \nHarbour Supplies
"""
_CUSTOMER = {
    "customer": {"name": "Ada Byrne"},
    "since": "2026-03-02",
    "offers": [{"name": "Lamps", "off": 0.1}, {"name": "Ropes", "off": 0.15}],
}
_AIRPORTS = {
    "Frankfurt": [
        ("07L/25R", 2800, "asphalt"),
        ("07C/25C", 4000, "asphalt"),
        ("18", 4000, "concrete"),
    ],
    "Oslo Gardermoen": [("01L/19R", 3600, "asphalt"), ("01R/19L", 2950, "asphalt")],
    "Zürich": [
        ("10/28", 2500, "concrete"),
        ("14/32", 3300, "concrete"),
        ("16/34", 3700, "concrete"),
    ],
}


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not Template.objects.exists():
        _make_templates()
    if not SigningKey.objects.exists():
        create_signing_key(name="demo", content=_key())
    if not Document.objects.exists():
        _make()
    return f"{Document.objects.count():,} documents, {Template.objects.count():,} templates"


@transaction.atomic
def _make() -> None:
    if not Template.objects.filter(name=_NAME).exists():
        template = create_template(
            name=_NAME,
            title="Runway report",
            description="The runways of an airport, as a table.",
            body=json.dumps(_BODY),
            sample=json.dumps(_data("Oslo Gardermoen")),
        )
        publish_template(id=str(template.pk))
    for airport, kind in (("Frankfurt", DocumentFormat.PDF), ("Zürich", DocumentFormat.XLSX)):
        create_document(template=_NAME, format=kind, data=_data(airport))
    for name in _COPIED:
        sample = sample_of(name)
        if sample and not Template.objects.filter(name=name).exists():
            publish_template(id=str(copy_from_gallery(sample=name).pk))
            signed = "demo" if name == "certificate" else None
            data = dict(sample.data)
            create_document(template=name, format=DocumentFormat.PDF, data=data, sign_with=signed)
    # What is wrong is told with its place.
    create_document(template=_NAME, format=DocumentFormat.PDF, data={"airport": "Nowhere"})
    create_batch(
        template=_NAME,
        format=DocumentFormat.PDF,
        packing=BatchPacking.MERGED,
        title="Runways by airport",
        data=[_data(airport) for airport in _AIRPORTS] + [{"airport": "Nowhere"}],
    )


def _key() -> str:
    """Return a key that nobody trusts, whose certificate it has signed itself."""
    key, now = ed25519.Ed25519PrivateKey.generate(), clock.now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Septet demo")])
    own = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, None)
    )
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return base64.b64encode(plain + own.public_bytes(Encoding.PEM)).decode()


def _data(airport: str) -> dict[str, object]:
    lines = [
        {"name": name, "length": length, "surface": surface}
        for name, length, surface in _AIRPORTS[airport]
    ]
    return {"airport": airport, "lines": lines}


@transaction.atomic
def _make_templates() -> None:
    theme = create_theme(name="harbour", accent="#0f766e", stripe="#f0fdfa")
    head = {
        "type": "paragraph",
        "look": "small",
        "text": "Harbour Supplies · 1 Quay Street · Galway",
    }
    create_partial(
        name="letterhead",
        description="At the top of everything that is sent.",
        body=json.dumps({"blocks": [head, {"type": "rule"}]}, ensure_ascii=False),
    )
    letter = create_template(
        name="welcome-letter",
        title="Welcome letter",
        description="To each new customer; written in Markdown.",
        formats=["pdf", "docx", "html"],
        theme_id=str(theme.pk),
        body=json.dumps(
            {
                "septet": 1,
                "title": "Welcome, {{ customer.name }}",
                "locale": "en_IE",
                "page": {"header": [{"type": "include", "partial": "letterhead"}]},
            }
        ),
        markdown=_WELCOME,
        sample=json.dumps(_CUSTOMER),
    )
    invoice = copy_from_gallery(sample="invoice", theme_id=str(theme.pk))
    for template in (letter, invoice):
        publish_template(id=str(template.pk))
    save_draft(id=str(invoice.pk), note="With the number of the order, once customers send it.")
