"""JSON becomes an invoice, or every mistake in it is told with its place."""

import datetime as dt
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal, DecimalException
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from apps.documents.domain.findings import Finding, under
from apps.documents.domain.invoices.invoice import Invoice
from apps.documents.domain.invoices.rules import broken_rules

_MOST_TEXT = 2_000
_MOST_ITEMS = 10_000
#: Beyond this no money and no quantity is meant.
_LARGEST = Decimal(10) ** 15
_MOST_DECIMALS = 10
#: What people write in groups.
_SPACED = frozenset(("iban", "bic", "vat_id"))


class InvalidInvoiceError(Exception):
    """Data is no invoice; every finding is with it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"{self.findings[0]} ({len(self.findings)} findings)")


def parse_invoice(given: Any) -> Invoice:
    """Return an invoice of JSON data, whose keys are the fields of `Invoice`.

    Amounts are numbers or texts with a point. Raises InvalidInvoiceError with every finding: what
    is missing, unknown or of a wrong type; then what the rules of EN 16931 refuse, sums among it.
    """
    reader = _Reader()
    invoice = reader.value(Invoice, given, "")
    if reader.findings or not isinstance(invoice, Invoice):
        raise InvalidInvoiceError(reader.findings)
    findings = tuple(broken_rules(invoice))
    if findings:
        raise InvalidInvoiceError(findings)
    return invoice


class _Reader:
    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def note(self, place: str, code: str, message: str) -> None:
        if len(self.findings) < 100:
            self.findings.append(Finding(place, code, message, "invoice"))

    def value(self, wanted: Any, given: Any, place: str) -> Any:  # noqa: PLR0911  (one case for each)
        """Return a value of a type, or None after a finding."""
        origin = get_origin(wanted)
        if origin in (Union, types.UnionType):
            if given is None:
                return None
            (wanted,) = (one for one in get_args(wanted) if one is not type(None))
            return self.value(wanted, given, place)
        if origin is Literal:
            return self._choice(get_args(wanted), given, place)
        if origin is tuple:
            return self._items(get_args(wanted)[0], given, place)
        if is_dataclass(wanted):
            return self._object(wanted, given, place)
        if wanted is Decimal:
            return self._number(given, place)
        if wanted is dt.date:
            return self._date(given, place)
        if wanted is bool:
            return self._is(bool, "true or false", given, place)
        return self._text(given, place)

    def _object(self, wanted: Any, given: Any, place: str) -> Any:
        if not isinstance(given, Mapping):
            self.note(place, "type", "an object is needed here")
            return None
        before = len(self.findings)
        types_of = _types(wanted)
        for key in given:
            if key not in types_of:
                self.note(under(place, str(key)[:60]), "unknown", "there is no such field")
        found = {}
        for one in fields(wanted):
            if given.get(one.name) is not None:
                at = under(place, one.name)
                value = self.value(types_of[one.name], given[one.name], at)
                spaced = one.name in _SPACED and isinstance(value, str)
                found[one.name] = value.replace(" ", "") if spaced else value
            elif one.default is MISSING:
                self.note(under(place, one.name), "missing", "it is needed")
        return wanted(**found) if len(self.findings) == before else None

    def _items(self, wanted: Any, given: Any, place: str) -> tuple[Any, ...]:
        if not isinstance(given, list) or len(given) > _MOST_ITEMS:
            self.note(place, "type", f"a list of at most {_MOST_ITEMS} is needed here")
            return ()
        return tuple(self.value(wanted, one, under(place, at)) for at, one in enumerate(given))

    def _choice(self, choices: tuple[str, ...], given: Any, place: str) -> Any:
        if given in choices:
            return given
        self.note(place, "choice", f"one of {', '.join(choices)} is needed here")
        return None

    def _is(self, kind: type, told: str, given: Any, place: str) -> Any:
        if isinstance(given, kind):
            return given
        self.note(place, "type", f"{told} is needed here")
        return None

    def _text(self, given: Any, place: str) -> Any:
        if isinstance(given, int | Decimal) and not isinstance(given, bool):
            given = str(given)
        found = self._is(str, "a text", given, place)
        if found is not None and (len(found) > _MOST_TEXT or not _writable(found)):
            self.note(
                place, "text", f"a text has at most {_MOST_TEXT} characters that XML can hold"
            )
        return found

    def _number(self, given: Any, place: str) -> Decimal | None:
        if isinstance(given, int | float | str | Decimal) and not isinstance(given, bool):
            try:
                found = Decimal(str(given)[:60])
            except DecimalException:
                found = Decimal("NaN")
            exponent = found.as_tuple().exponent
            if isinstance(exponent, int) and abs(found) < _LARGEST and -exponent <= _MOST_DECIMALS:
                return found
        message = f"a number below 10^15 with at most {_MOST_DECIMALS} decimals is needed here"
        self.note(place, "number", message)
        return None

    def _date(self, given: Any, place: str) -> dt.date | None:
        try:
            if isinstance(given, str) and len(given) == 10:
                return dt.date.fromisoformat(given)
        except ValueError:
            pass
        self.note(place, "date", "a date such as 2026-05-31 is needed here")
        return None


def _writable(text: str) -> bool:
    return all(one.isprintable() or one in "\n\t" for one in text)


@cache
def _types(wanted: Any) -> dict[str, Any]:
    return get_type_hints(wanted)
