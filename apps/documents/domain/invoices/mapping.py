"""What an invoice's fields are in the data of a template."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from apps.documents.domain.evaluation.filling import Filler
from apps.documents.domain.expressions.frames import Frame
from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.invoices.invoice import Invoice
from apps.documents.domain.invoices.reading import parse_invoice
from apps.documents.domain.model.shapes import Constant, Each, Members, Shape, Words

_PLAIN = Locale("en", "EUR", "UTC")


def invoice_of(shape: Shape, data: Mapping[str, Any]) -> Invoice:
    """Return an invoice of data, by a shape that has the fields of `Invoice`.

    Raises DocumentError for an expression that fails, InvalidInvoiceError for what is no invoice
    then.
    """
    return parse_invoice(_Mapper(Filler(Frame(data, locale=_PLAIN))).value(shape))


class _Mapper:
    def __init__(self, filler: Filler) -> None:
        self.filler = filler

    def value(self, shape: Shape) -> Any:
        """Return JSON with values in the place of placeholders."""
        match shape:
            case Constant():
                return shape.value
            case Words():
                return self._text(shape)
            case Members():
                return {key: self.value(one) for key, one in shape.members}
            case Each():
                return [self.value(shape.each) for _ in self.filler.each(shape.over, shape.name)]
        return [self.value(one) for one in shape]

    def _text(self, words: Words) -> Any:
        parts = words.parts
        if len(parts) == 1 and not isinstance(parts[0], str):
            found = self.filler.value(parts[0])
            return found.isoformat()[:10] if isinstance(found, dt.date) else found
        return "".join(one if isinstance(one, str) else self.filler.shown(one) for one in parts)
