"""The rules of EN 16931 that data can break; what types say already is not asked again."""

import re
from collections.abc import Iterator
from decimal import Decimal

from babel import Locale

from apps.documents.domain.findings import Finding, under
from apps.documents.domain.invoices.invoice import Address, Adjustment, Invoice, Party, Tax
from apps.documents.domain.invoices.totals import rounded, totals_of

_UNIT = re.compile(r"[A-Z0-9]{1,3}")
_VAT = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}")
_BIC = re.compile(r"[A-Z0-9]{8}(?:[A-Z0-9]{3})?")
# Read with the module: where invoices are checked, no file is opened any more.
_CURRENCIES = frozenset(Locale("en").currencies)
_COUNTRIES = frozenset(
    code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()
) - {"ZZ", "EU"}
_UNTAXED = frozenset(("E", "AE", "K", "G", "O"))


def broken_rules(invoice: Invoice) -> Iterator[Finding]:
    """Yield what is wrong, each with its place; sums are reckoned of what is not."""
    for place, code, message in list(_broken(invoice)) or _sums(invoice):
        yield Finding(place, code, message, "invoice")


Broken = Iterator[tuple[str, str, str]]


def _broken(invoice: Invoice) -> Broken:
    if not invoice.number.strip():
        yield "/number", "missing", "an invoice has a number (BT-1)"
    if not invoice.lines:
        yield "/lines", "missing", "an invoice has at least one line (BR-16)"
    if invoice.currency not in _CURRENCIES:
        yield "/currency", "currency", f"no currency of ISO 4217: {invoice.currency[:10]!r}"
    yield from _party(invoice.seller, "/seller")
    yield from _party(invoice.buyer, "/buyer")
    if invoice.delivery_address is not None:
        yield from _address(invoice.delivery_address, "/delivery_address")
    yield from _lines(invoice)
    yield from _adjustments(invoice.adjustments, "/adjustments", whole=True)
    yield from _categories(invoice)
    yield from _paying(invoice)


def _party(party: Party, place: str) -> Broken:
    if not party.name.strip():
        yield f"{place}/name", "missing", "a name is needed (BT-27, BT-44)"
    yield from _address(party.address, f"{place}/address")
    if party.vat_id and not _VAT.fullmatch(party.vat_id):
        message = "a VAT identifier begins with the two letters of its country (BR-CO-9)"
        yield f"{place}/vat_id", "vat", message
    elif party.vat_id and party.vat_id[:2] not in {*_COUNTRIES, "EL", "XI"}:
        yield f"{place}/vat_id", "vat", f"no country: {party.vat_id[:2]!r} (BR-CO-9)"


def _address(address: Address, place: str) -> Broken:
    if address.country not in _COUNTRIES:
        message = f"no country of ISO 3166-1, such as DE: {address.country[:10]!r}"
        yield f"{place}/country", "country", message


def _lines(invoice: Invoice) -> Broken:
    for at, line in enumerate(invoice.lines):
        place = f"/lines/{at}"
        if not line.name.strip():
            yield f"{place}/name", "missing", "a line has a name (BT-153)"
        if not _UNIT.fullmatch(line.unit):
            message = f"no unit of UN/ECE Recommendation 20, such as C62: {line.unit[:10]!r}"
            yield f"{place}/unit", "unit", message
        if line.price < 0:
            message = "a price is not negative: let the quantity be (BR-27)"
            yield f"{place}/price", "number", message
        if line.price_base <= 0:
            yield f"{place}/price_base", "number", "a price is for more than 0 units"
        yield from _tax(line.tax, f"{place}/tax")
        yield from _adjustments(line.adjustments, f"{place}/adjustments", whole=False)


def _adjustments(given: tuple[Adjustment, ...], place: str, *, whole: bool) -> Broken:
    for at, one in enumerate(given):
        here = under(place, at)
        if one.amount < 0 or one.amount != rounded(one.amount):
            message = "an amount is positive and has two digits; `charge` says which way"
            yield f"{here}/amount", "number", message
        if not one.reason.strip():
            yield f"{here}/reason", "missing", "a reason is needed (BR-33, BR-38, BR-41)"
        if whole and one.tax is None:
            yield f"{here}/tax", "missing", "its tax is needed (BR-32, BR-37)"
        if one.tax is not None:
            if whole:
                yield from _tax(one.tax, f"{here}/tax")
            else:
                yield f"{here}/tax", "unknown", "it is taxed as its line is"


def _tax(tax: Tax, place: str) -> Broken:
    if tax.category == "S" and not 0 < tax.rate <= 100:
        yield f"{place}/rate", "rate", "the standard rate is above 0 percent (BR-S-5)"
    if tax.category != "S" and tax.rate != 0:
        yield (
            f"{place}/rate",
            "rate",
            f"in category {tax.category} the rate is 0 (BR-Z-5 and alike)",
        )


def _categories(invoice: Invoice) -> Broken:
    """Yield what a kind of tax asks of those who sell and buy."""
    used = {line.tax.category for line in invoice.lines}
    seller, buyer = invoice.seller, invoice.buyer
    if used - {"O"} and not (seller.vat_id or seller.tax_number):
        message = "a VAT identifier or tax number of the seller is needed (BR-S-2 and alike)"
        yield "/seller/vat_id", "missing", message
    if used & {"AE", "K"} and not buyer.vat_id:
        yield "/buyer/vat_id", "missing", "reverse charge names the buyer's (BR-AE-2, BR-IC-2)"
    if "O" in used and used != {"O"}:
        yield "/lines", "category", "what is outside of tax stands alone (BR-O-11)"
    if used & _UNTAXED and not invoice.exemption.strip():
        yield "/exemption", "missing", "say why no tax is asked for (BR-E-10 and alike)"
    if "K" in used and invoice.delivered is None:
        yield "/delivered", "missing", "the day of delivery is needed (BR-IC-11)"
    if "K" in used and invoice.delivery_address is None:
        yield "/delivery_address", "missing", "where it went is needed (BR-IC-12)"


def _paying(invoice: Invoice) -> Broken:
    pay = invoice.payment
    if pay is not None:
        if not valid_iban(pay.iban):
            yield "/payment/iban", "iban", "its check digits do not fit, or it is no IBAN"
        if pay.bic and not _BIC.fullmatch(pay.bic):
            yield "/payment/bic", "bic", "a BIC has 8 or 11 letters and digits"
    if invoice.due is not None and invoice.due < invoice.issued:
        yield "/due", "date", f"due {invoice.due}, but issued {invoice.issued}"
    if invoice.prepaid != rounded(invoice.prepaid):
        yield "/prepaid", "number", "an amount has two digits"


def _sums(invoice: Invoice) -> Broken:
    totals = totals_of(invoice)
    for name in ("net", "tax", "gross", "due"):
        stated: Decimal | None = getattr(invoice.stated, name)
        found: Decimal = getattr(totals, name)
        if stated is not None and stated != found:
            yield f"/stated/{name}", "total", f"{stated} is stated, the lines come to {found}"
    if totals.due > 0 and invoice.due is None and not invoice.terms.strip():
        message = f"{totals.due} is to be paid: say by when in `due` or `terms` (BR-CO-25)"
        yield "/due", "missing", message


def valid_iban(iban: str) -> bool:
    """Return whether an account's number is whole, by its check digits (ISO 13616)."""
    if not _IBAN.fullmatch(iban):
        return False
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(one, 36)) for one in turned)) % 97 == 1
