"""PDFs to be kept, and invoices that programs read, by the checkers of others."""

import base64
import copy
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from facturx import get_xml_from_pdf, xml_check_xsd
from PIL import Image

from apps.documents.adapters.facturx import facturx_of, invoice_xml
from apps.documents.adapters.pdf.archiving import Archive, Attachment, archive_pdf
from apps.documents.domain.findings import DocumentError, InvalidTemplateError
from apps.documents.domain.gallery import gallery
from apps.documents.domain.invoices.invoice import Invoice
from apps.documents.domain.invoices.mapping import invoice_of
from apps.documents.domain.invoices.reading import InvalidInvoiceError, parse_invoice
from apps.documents.domain.invoices.totals import totals_of
from apps.documents.domain.model.parsing import read_template
from apps.documents.domain.protection import Protection
from apps.documents.services.rendering import Source, render
from tests.documents.invoices import INVOICE_DATA
from tests.documents.java.judges import EN_16931, judge
from tests.documents.signatures import signed, signing_key
from tests.documents.templates import DATA, INVOICE, of_blocks, pdf

DATA_FILE = Attachment(
    name="data.json", content=b"{}", media_type="application/json", relationship="Data"
)
SCRIPTS = of_blocks(
    {"type": "heading", "text": "עברית & العربية"},
    {"type": "paragraph", "text": "Ελληνικά Русский → ☎", "look": "quote"},
    {
        "type": "columns",
        "columns": [{"blocks": [{"type": "rule"}]}, {"blocks": [{"type": "rule"}]}],
    },
    {"type": "field", "name": "who", "label": "Who", "value": "Ada"},
    {"type": "field", "name": "is", "control": "checkbox", "label": "Is", "value": "true"},
    author="Ада",
    subject="<1 & 2>",
)


def invoice(**changed: Any) -> Invoice:
    return parse_invoice(copy.deepcopy(INVOICE_DATA) | changed)


def refused(**changed: Any) -> list[str]:
    with pytest.raises(InvalidInvoiceError) as error:
        invoice(**changed)
    return [f"{one.place} {one.code}" for one in error.value.findings]


def line(category: str, rate: int = 0) -> dict[str, Any]:
    tax = {"category": category, "rate": rate}
    return {"name": "Teil", "quantity": 1, "price": 100, "tax": tax}


def of_category(category: str, **more: Any) -> Invoice:
    """Return an invoice of one kind of tax."""
    buyer = INVOICE_DATA["buyer"] | {"vat_id": "FR12345678901"}
    plain: dict[str, Any] = {"lines": [line(category)], "adjustments": [], "stated": {}}
    if category == "O":
        seller = dict(INVOICE_DATA["seller"])
        del seller["vat_id"]
        plain |= {"seller": seller}
        buyer = dict(INVOICE_DATA["buyer"])
    return invoice(buyer=buyer, exemption="Grund", prepaid=0, **plain, **more)


ABROAD = {"street": "Rue 1", "postcode": "75001", "city": "Paris", "country": "FR"}
INVOICES = {
    "standard": invoice(),
    "zero": of_category("Z"),
    "exempt": of_category("E"),
    "reverse": of_category("AE"),
    "community": of_category("K", delivery_address=ABROAD),
    "export": of_category("G"),
    "outside": of_category("O"),
    "credit": invoice(kind="381", corrects="R-2026-1", payment=None),
}


@pytest.mark.java
def test_others_find_no_fault_in_what_is_kept(tmp_path: Path) -> None:
    broken = pikepdf.open(io.BytesIO(pdf(SCRIPTS, archive=Archive())))
    del broken.Root.OutputIntents
    unkept = io.BytesIO()
    broken.save(unkept)
    pdfs = {
        "everything.pdf": pdf(INVOICE, DATA, archive=Archive(attachments=(DATA_FILE,))),
        "scripts.pdf": pdf(SCRIPTS, archive=Archive()),
        "invoice.pdf": pdf(INVOICE, DATA, archive=facturx_of(INVOICES["standard"])),
        "signed.pdf": signed(pdf(SCRIPTS, archive=Archive()), signing_key()),
        "unkept.pdf": unkept.getvalue(),
    }
    invoices = {f"{name}.xml": invoice_xml(one) for name, one in INVOICES.items()}
    wrong = invoice_xml(INVOICES["standard"]).replace(
        b"GrandTotalAmount>21", b"GrandTotalAmount>31"
    )

    verdicts = judge(
        {name: ("3b", content) for name, content in pdfs.items()}
        | {name: (EN_16931, content) for name, content in invoices.items()}
        | {"wrong.xml": (EN_16931, wrong)},
        tmp_path,
    )

    # Whoever judges does find what is wrong.
    assert any(one.startswith("6.2.4.3-2") for one in verdicts.pop("unkept.pdf"))
    assert any("BR-CO-15" in one for one in verdicts.pop("wrong.xml"))
    assert verdicts == {name: [] for name in (*pdfs, *invoices) if name != "unkept.pdf"}


@pytest.mark.java
def test_others_find_no_fault_in_the_invoice_of_the_gallery(tmp_path: Path) -> None:
    sample = next(one for one in gallery() if one.name == "invoice")
    out = io.BytesIO()
    template, data = (json.dumps(one).encode() for one in (sample.template, sample.data))
    render(Source(template=template, data=data, assets=sample.assets), out, format="pdf")
    _, xml = get_xml_from_pdf(out.getvalue())

    verdicts = judge(
        {"kept.pdf": ("3b", out.getvalue()), "told.xml": (EN_16931, xml)},
        tmp_path,
    )

    assert verdicts == {"kept.pdf": [], "told.xml": []}


def test_an_archived_pdf_says_what_it_is_and_brings_its_files() -> None:
    kept = pdf(SCRIPTS, archive=Archive(attachments=(DATA_FILE,)))

    with pikepdf.open(io.BytesIO(kept)) as opened:
        with opened.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "B")
            assert (metadata["dc:creator"], metadata["dc:description"]) == (["Ада"], "<1 & 2>")
        assert opened.attachments["data.json"].get_file().read_bytes() == b"{}"
        assert opened.Root.AF[0].AFRelationship == "/Data"
        assert "/AcroForm" not in opened.Root
        assert str(opened.docinfo.Author) == "Ада"
    assert pdf(SCRIPTS, archive=Archive(attachments=(DATA_FILE,))) == kept


def test_fonts_that_are_not_embedded_are_refused_in_an_archive() -> None:
    chinese = of_blocks({"type": "paragraph", "text": "文档"})
    assert pdf(chinese)

    with pytest.raises(DocumentError, match=r"the font STSong-Light is not embedded"):
        pdf(chinese, archive=Archive())


def test_pictures_in_the_colours_of_printing_are_refused_in_an_archive() -> None:
    picture = io.BytesIO()
    Image.new("CMYK", (9, 9)).save(picture, "JPEG")
    block = {"type": "image", "data": "it", "alt": "x"}
    data = {"it": base64.b64encode(picture.getvalue()).decode()}

    with pytest.raises(DocumentError, match="CMYK"):
        pdf(of_blocks(block), data, archive=Archive())


def test_what_runs_is_filled_or_locked_is_not_kept() -> None:
    form = pdf(SCRIPTS)
    with pikepdf.open(io.BytesIO(pdf(of_blocks({"type": "rule"})))) as opened:
        opened.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="1")
        scripted = io.BytesIO()
        opened.save(scripted)

    for content, code in ((form, "fields"), (scripted.getvalue(), "script")):
        with pytest.raises(DocumentError) as error:
            archive_pdf(io.BytesIO(content), io.BytesIO())
        assert error.value.finding.code == code
    with pytest.raises(ValueError, match="not encrypted"):
        pdf(SCRIPTS, archive=Archive(), protection=Protection(user="a", owner="b"))


def test_an_invoice_is_read_from_its_pdf_and_fits_the_schema() -> None:
    made = pdf(INVOICE, DATA, archive=facturx_of(INVOICES["standard"]))

    name, xml = get_xml_from_pdf(made, check_xsd=True)

    assert name == "factur-x.xml"
    assert xml == invoice_xml(INVOICES["standard"])
    assert "Vielen Dank &amp; auf &lt;bald&gt;" in xml.decode()
    for one in INVOICES.values():
        assert xml_check_xsd(invoice_xml(one), flavor="factur-x", level="en16931")


MAPPING: dict[str, Any] = INVOICE_DATA | {
    "number": "R-{{ no }}",
    "issued": "{{ on }}",
    "due": "{{ to_date(on) | add_days(30) }}",
    "lines": {
        "over": "items",
        "as": "one",
        "each": {
            "name": "{{ one.title }}",
            "quantity": "{{ one.count }}",
            "price": "{{ one.cents / 100 }}",
            "tax": {"category": "S", "rate": "{{ one.vat * 100 }}"},
        },
    },
    "adjustments": [],
    "payment": {"iban": "DE02 1203 0000 0000 2020 51"},
    "stated": {"gross": "{{ total }}"},
}


def test_an_invoice_is_mapped_from_any_data() -> None:
    item = {"title": "Tisch", "count": 2, "cents": 12_345, "vat": 0.19}
    data = {"no": 17, "on": "2026-05-31", "items": [item], "total": 293.81}

    def mapped(mapping: dict[str, Any], data: dict[str, Any]) -> Invoice:
        shape = read_template(of_blocks(pdf={"invoice": mapping})).invoice
        assert shape is not None
        return invoice_of(shape, data)

    made = mapped(MAPPING, data)

    assert (made.number, str(made.due)) == ("R-17", "2026-06-30")
    assert (made.lines[0].name, made.lines[0].price) == ("Tisch", Decimal("123.45"))
    assert made.payment is not None
    assert made.payment.iban == "DE02120300000000202051"
    with pytest.raises(InvalidInvoiceError, match=r"/stated/gross .* 1 is stated"):
        mapped(MAPPING, data | {"total": 1})
    with pytest.raises(InvalidTemplateError, match="/number"):
        mapped(MAPPING | {"number": "{{ no"}, data)
    with pytest.raises(DocumentError, match="/lines/over"):
        mapped(MAPPING, data | {"items": 1})


def test_sums_are_rounded_once_a_step() -> None:
    totals = totals_of(INVOICES["standard"])

    assert totals.lines == (Decimal("0.37"), Decimal("139.99"), Decimal("40.00"))
    assert [(one.tax.rate, one.basis, one.amount) for one in totals.taxes] == [
        (Decimal(7), Decimal("35.00"), Decimal("2.45")),
        (Decimal(19), Decimal("145.26"), Decimal("27.60")),
    ]
    assert (totals.net, totals.gross, totals.due) == (
        Decimal("180.26"),
        Decimal("210.31"),
        Decimal("160.31"),
    )


def test_a_total_that_is_not_that_of_the_lines_is_told() -> None:
    with pytest.raises(InvalidInvoiceError, match=r"209\.71 is stated, the lines come to 210\.31"):
        invoice(stated={"gross": "209.71"})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"number": None}, ["/number missing"]),
        ({"lines": []}, ["/lines missing"]),
        ({"what": 1}, ["/what unknown"]),
        ({"issued": "31.5.2026"}, ["/issued date"]),
        ({"currency": "EURO"}, ["/currency currency"]),
        ({"prepaid": "1e99"}, ["/prepaid number"]),
        ({"prepaid": "0.001"}, ["/prepaid number"]),
        ({"due": "2026-05-01"}, ["/due date"]),
        ({"due": None}, ["/due missing"]),
        ({"kind": "999"}, ["/kind choice"]),
        ({"notes": ["\x00"]}, ["/notes/0 text"]),
        ({"notes": "a"}, ["/notes type"]),
        ({"seller": []}, ["/seller type"]),
        ({"payment": {"iban": "DE02120300000000202052"}}, ["/payment/iban iban"]),
        (
            {"lines": [line("S")], "adjustments": [], "stated": {}},
            ["/lines/0/tax/rate rate"],
        ),
        (
            {"lines": [line("K"), line("Z", 5)], "adjustments": [], "stated": {}},
            [
                "/lines/1/tax/rate rate",
                "/buyer/vat_id missing",
                "/exemption missing",
                "/delivery_address missing",
            ],
        ),
    ],
)
def test_mistakes_of_an_invoice_are_told_with_their_places(
    changed: dict[str, Any], told: list[str]
) -> None:
    assert refused(**changed) == told


def test_a_price_for_no_units_is_told_and_not_divided_by() -> None:
    lines = [line("S", 19) | {"price_base": 0}]

    assert refused(lines=lines, adjustments=[], stated={}) == ["/lines/0/price_base number"]
