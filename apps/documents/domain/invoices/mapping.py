"""What an invoice's fields are in the data of a template: JSON with placeholders becomes JSON."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from apps.documents.domain.evaluation.filling import Filler
from apps.documents.domain.expressions.frames import Frame
from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.findings import Finding, InvalidTemplateError, under
from apps.documents.domain.invoices.invoice import Invoice
from apps.documents.domain.invoices.reading import parse_invoice
from apps.documents.domain.limits import DEFAULT
from apps.documents.domain.model.reading import Notes, Reader
from apps.documents.domain.model.texts import Expression

_PLAIN = Locale("en", "EUR", "UTC")
_MOST_DEPTH = 12


def invoice_of(mapping: Any, data: Mapping[str, Any]) -> Invoice:
    """Return an invoice of data, by a mapping that has the fields of `Invoice`.

    Texts have placeholders; one that is all of a text gives its value: `"{{ line.price }}"`. A list
    is `{"over": "lines", "as": "line", "each": {…}}`. Raises InvalidTemplateError for the mapping,
    DocumentError for an expression that fails, InvalidInvoiceError for what is no invoice then.
    """
    mapper = _Mapper(Filler(Frame(data, _PLAIN)))
    return parse_invoice(mapper.value(mapping, "", frozenset()))


class _Mapper:
    def __init__(self, filler: Filler) -> None:
        self.filler = filler

    def value(self, given: Any, place: str, names: frozenset[str]) -> Any:
        """Return JSON with values in the place of placeholders."""
        if place.count("/") > _MOST_DEPTH:
            raise InvalidTemplateError([Finding(place, "size", "it is nested too deeply")])
        if isinstance(given, str):
            return self._text(given, place, names)
        if isinstance(given, list):
            return [self.value(one, under(place, at), names) for at, one in enumerate(given)]
        if isinstance(given, dict) and "over" in given:
            return self._list(given, place, names)
        if isinstance(given, dict):
            return {key: self.value(one, under(place, key), names) for key, one in given.items()}
        return given

    def _list(self, given: dict[str, Any], place: str, names: frozenset[str]) -> list[Any]:
        notes = Notes(DEFAULT)
        reader = Reader(given, place, "invoice", notes, names)
        over, name = reader.needed("over"), reader.name("as", "item")
        each = reader.take("each")
        reader.finish()
        if notes.findings:
            raise InvalidTemplateError(notes.findings)
        at = under(place, "each")
        return [self.value(each, at, names | {name}) for _ in self.filler.each(over, name)]

    def _text(self, given: str, place: str, names: frozenset[str]) -> Any:
        notes = Notes(DEFAULT)
        parts = Reader({}, place, "invoice", notes, names).template(given, place)
        if notes.findings:
            raise InvalidTemplateError(notes.findings)
        if len(parts) == 1 and isinstance(parts[0], Expression):
            found = self.filler.value(parts[0])
            return found.isoformat()[:10] if isinstance(found, dt.date) else found
        return "".join(one if isinstance(one, str) else self.filler.shown(one) for one in parts)
