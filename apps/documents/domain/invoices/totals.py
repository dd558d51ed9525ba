"""What an invoice comes to, reckoned as EN 16931 rules (BR-CO-10 to 17): rounded once a step."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from apps.documents.domain.invoices.invoice import Adjustment, Invoice, Line, Tax

_CENT = Decimal("0.01")
ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """What is taxed alike, and the tax on it."""

    tax: Tax
    basis: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """All sums, of two digits."""

    lines: tuple[Decimal, ...]
    line_sum: Decimal
    allowances: Decimal
    charges: Decimal
    net: Decimal
    taxes: tuple[TaxTotal, ...]
    tax: Decimal
    gross: Decimal
    prepaid: Decimal
    due: Decimal


def totals_of(invoice: Invoice) -> Totals:
    """Return the sums of an invoice."""
    lines = tuple(line_net(line) for line in invoice.lines)
    line_sum = sum(lines, ZERO)
    allowances = sum((one.amount for one in invoice.adjustments if not one.charge), ZERO)
    charges = sum((one.amount for one in invoice.adjustments if one.charge), ZERO)
    net = line_sum - allowances + charges
    taxes = _taxes(invoice, lines)
    tax = sum((one.amount for one in taxes), ZERO)
    gross = net + tax
    prepaid = rounded(invoice.prepaid)
    return Totals(
        lines, line_sum, allowances, charges, net, taxes, tax, gross, prepaid, gross - prepaid
    )


def line_net(line: Line) -> Decimal:
    """Return what a line comes to without tax."""
    adjusted = sum((_signed(one) for one in line.adjustments), ZERO)
    return rounded(line.quantity * line.price / line.price_base) + adjusted


def rounded(amount: Decimal) -> Decimal:
    """Return money in two digits, halves away from zero, as invoices are rounded."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _signed(one: Adjustment) -> Decimal:
    return one.amount if one.charge else -one.amount


def _taxes(invoice: Invoice, lines: Iterable[Decimal]) -> tuple[TaxTotal, ...]:
    bases: dict[Tax, Decimal] = {}
    for line, amount in zip(invoice.lines, lines, strict=True):
        bases[line.tax] = bases.get(line.tax, ZERO) + amount
    for one in invoice.adjustments:
        if one.tax is not None:
            bases[one.tax] = bases.get(one.tax, ZERO) + _signed(one)
    ordered = sorted(bases.items(), key=lambda item: (item[0].category, item[0].rate))
    return tuple(TaxTotal(tax, basis, rounded(basis * tax.rate / 100)) for tax, basis in ordered)
