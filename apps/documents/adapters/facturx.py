"""Invoices for programs within those for people: Factur-X 1.0 = ZUGFeRD 2, profile EN 16931."""

import datetime as dt
from decimal import Decimal
from html import escape

from apps.documents.adapters.pdf.archiving import Archive, Attachment
from apps.documents.domain.invoices.invoice import (
    Address,
    Adjustment,
    Contact,
    Invoice,
    Line,
    Party,
    Payment,
    Tax,
)
from apps.documents.domain.invoices.totals import TaxTotal, Totals, totals_of

_NAMESPACES = (
    ("rsm", "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"),
    ("ram", "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"),
    ("udt", "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"),
)
_GUIDELINE = "urn:cen.eu:en16931:2017"


def facturx_of(invoice: Invoice) -> Archive:
    """Return what makes the PDF of an invoice one for programs too: give it to `render_pdf`."""
    attachment = Attachment(
        name="factur-x.xml",
        content=invoice_xml(invoice),
        media_type="text/xml",
        description="The invoice as data: Factur-X, EN 16931",
        relationship="Alternative",
    )
    return Archive(attachments=(attachment,), metadata=_METADATA)


def invoice_xml(invoice: Invoice) -> bytes:
    """Return an invoice in UN/CEFACT's syntax; the same one has the same bytes each time."""
    totals = totals_of(invoice)
    spaces = {f"xmlns:{prefix}": name for prefix, name in _NAMESPACES}
    lines = zip(invoice.lines, totals.lines, strict=True)
    root = _element(
        "rsm:CrossIndustryInvoice",
        _element(
            "rsm:ExchangedDocumentContext",
            _element("ram:GuidelineSpecifiedDocumentContextParameter", _leaf("ID", _GUIDELINE)),
        ),
        _document(invoice),
        _element(
            "rsm:SupplyChainTradeTransaction",
            *(_line(at, line, net) for at, (line, net) in enumerate(lines, start=1)),
            _agreement(invoice),
            _delivery(invoice),
            _settlement(invoice, totals),
        ),
        **spaces,
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}\n'.encode()


def _element(name: str, *children: str, **attributes: str) -> str:
    """Return an element, nothing if nothing is in it."""
    inner = "".join(children)
    if not inner:
        return ""
    told = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{told}>{inner}</{name}>"


def _part(name: str, *children: str) -> str:
    return _element(f"ram:{name}", *children)


def _leaf(name: str, value: str, **attributes: str) -> str:
    return _element(f"ram:{name}", escape(value.strip(), quote=False), **attributes)


def _number(name: str, value: Decimal, **attributes: str) -> str:
    return _leaf(name, format(value, "f"), **attributes)


def _date(name: str, value: dt.date | None) -> str:
    if value is None:
        return ""
    return _part(name, _element("udt:DateTimeString", value.strftime("%Y%m%d"), format="102"))


def _document(invoice: Invoice) -> str:
    return _element(
        "rsm:ExchangedDocument",
        _leaf("ID", invoice.number),
        _leaf("TypeCode", invoice.kind),
        _date("IssueDateTime", invoice.issued),
        *(_part("IncludedNote", _leaf("Content", note)) for note in invoice.notes),
    )


def _line(number: int, line: Line, net: Decimal) -> str:
    return _part(
        "IncludedSupplyChainTradeLineItem",
        _part("AssociatedDocumentLineDocument", _leaf("LineID", str(number))),
        _part(
            "SpecifiedTradeProduct",
            _leaf("SellerAssignedID", line.item_number),
            _leaf("Name", line.name),
            _leaf("Description", line.description),
        ),
        _part(
            "SpecifiedLineTradeAgreement",
            _part(
                "NetPriceProductTradePrice",
                _number("ChargeAmount", line.price),
                _number("BasisQuantity", line.price_base, unitCode=line.unit)
                if line.price_base != 1
                else "",
            ),
        ),
        _part(
            "SpecifiedLineTradeDelivery",
            _number("BilledQuantity", line.quantity, unitCode=line.unit),
        ),
        _part(
            "SpecifiedLineTradeSettlement",
            _part("ApplicableTradeTax", _leaf("TypeCode", "VAT"), _rate(line.tax)),
            *(_adjustment(one) for one in line.adjustments),
            _part("SpecifiedTradeSettlementLineMonetarySummation", _number("LineTotalAmount", net)),
        ),
    )


def _rate(tax: Tax) -> str:
    # What is outside of tax has no rate, not one of 0 (BR-O-5).
    rate = "" if tax.category == "O" else _number("RateApplicablePercent", tax.rate)
    return _leaf("CategoryCode", tax.category) + rate


def _adjustment(one: Adjustment) -> str:
    return _part(
        "SpecifiedTradeAllowanceCharge",
        _part("ChargeIndicator", _element("udt:Indicator", str(one.charge).lower())),
        _number("ActualAmount", one.amount),
        _leaf("Reason", one.reason),
        _part("CategoryTradeTax", _leaf("TypeCode", "VAT"), _rate(one.tax)) if one.tax else "",
    )


def _agreement(invoice: Invoice) -> str:
    return _part(
        "ApplicableHeaderTradeAgreement",
        _leaf("BuyerReference", invoice.buyer_reference),
        _party("SellerTradeParty", invoice.seller),
        _party("BuyerTradeParty", invoice.buyer),
        _part("BuyerOrderReferencedDocument", _leaf("IssuerAssignedID", invoice.order)),
    )


def _party(name: str, party: Party) -> str:
    return _part(
        name,
        _leaf("Name", party.name),
        _part("SpecifiedLegalOrganization", _leaf("ID", party.registration)),
        _contact(party.contact or Contact()),
        _address(party.address),
        _part("URIUniversalCommunication", _leaf("URIID", party.email, schemeID="EM")),
        _part("SpecifiedTaxRegistration", _leaf("ID", party.vat_id, schemeID="VA")),
        _part("SpecifiedTaxRegistration", _leaf("ID", party.tax_number, schemeID="FC")),
    )


def _contact(contact: Contact) -> str:
    return _part(
        "DefinedTradeContact",
        _leaf("PersonName", contact.name),
        _part("TelephoneUniversalCommunication", _leaf("CompleteNumber", contact.phone)),
        _part("EmailURIUniversalCommunication", _leaf("URIID", contact.email)),
    )


def _address(address: Address) -> str:
    return _part(
        "PostalTradeAddress",
        _leaf("PostcodeCode", address.postcode),
        _leaf("LineOne", address.street),
        _leaf("LineTwo", address.additional),
        _leaf("CityName", address.city),
        _leaf("CountryID", address.country),
    )


def _delivery(invoice: Invoice) -> str:
    place = invoice.delivery_address
    # It stands there even if nothing is in it.
    return (
        _part(
            "ApplicableHeaderTradeDelivery",
            _part("ShipToTradeParty", _address(place)) if place else "",
            _part("ActualDeliverySupplyChainEvent", _date("OccurrenceDateTime", invoice.delivered)),
        )
        or "<ram:ApplicableHeaderTradeDelivery/>"
    )


def _settlement(invoice: Invoice, totals: Totals) -> str:
    pay = invoice.payment
    return _part(
        "ApplicableHeaderTradeSettlement",
        _leaf("PaymentReference", pay.reference) if pay else "",
        _leaf("InvoiceCurrencyCode", invoice.currency),
        _payment(pay) if pay else "",
        *(_tax_total(one, invoice.exemption) for one in totals.taxes),
        *(_adjustment(one) for one in invoice.adjustments),
        _part(
            "SpecifiedTradePaymentTerms",
            _leaf("Description", invoice.terms),
            _date("DueDateDateTime", invoice.due),
        ),
        _summation(invoice, totals),
        _part("InvoiceReferencedDocument", _leaf("IssuerAssignedID", invoice.corrects)),
    )


def _payment(pay: Payment) -> str:
    return _part(
        "SpecifiedTradeSettlementPaymentMeans",
        _leaf("TypeCode", pay.means),
        _part(
            "PayeePartyCreditorFinancialAccount",
            _leaf("IBANID", pay.iban),
            _leaf("AccountName", pay.holder),
        ),
        _part("PayeeSpecifiedCreditorFinancialInstitution", _leaf("BICID", pay.bic)),
    )


def _tax_total(total: TaxTotal, exemption: str) -> str:
    untaxed = total.tax.category not in ("S", "Z")
    return _part(
        "ApplicableTradeTax",
        _number("CalculatedAmount", total.amount),
        _leaf("TypeCode", "VAT"),
        _leaf("ExemptionReason", exemption) if untaxed else "",
        _number("BasisAmount", total.basis),
        _rate(total.tax),
    )


def _summation(invoice: Invoice, totals: Totals) -> str:
    return _part(
        "SpecifiedTradeSettlementHeaderMonetarySummation",
        _number("LineTotalAmount", totals.line_sum),
        _number("ChargeTotalAmount", totals.charges) if totals.charges else "",
        _number("AllowanceTotalAmount", totals.allowances) if totals.allowances else "",
        _number("TaxBasisTotalAmount", totals.net),
        _number("TaxTotalAmount", totals.tax, currencyID=invoice.currency),
        _number("GrandTotalAmount", totals.gross),
        _number("TotalPrepaidAmount", totals.prepaid) if totals.prepaid else "",
        _number("DuePayableAmount", totals.due),
    )


def _property(name: str, description: str) -> str:
    return (
        '<rdf:li rdf:parseType="Resource">'
        f"<pdfaProperty:name>{name}</pdfaProperty:name>"
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{description}</pdfaProperty:description>"
        "</rdf:li>"
    )


_SPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_METADATA = f"""<rdf:Description rdf:about="" xmlns:fx="{_SPACE}">
<fx:DocumentType>INVOICE</fx:DocumentType>
<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>
<fx:Version>1.0</fx:Version>
<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>{_SPACE}</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>fx</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq>
{_property("DocumentFileName", "name of the embedded XML invoice file")}
{_property("DocumentType", "INVOICE")}
{_property("Version", "The actual version of the Factur-X XML schema")}
{_property("ConformanceLevel", "The conformance level of the embedded Factur-X data")}
</rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""
