"""What an expression of a template sees, beside the data: the place that it is written for."""

from dataclasses import dataclass, field

from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.limits import DEFAULT, Limits
from contracts.expressions import frames


@dataclass(slots=True)
class Frame(frames.Frame):
    """The data of a document, its budget, and its locale."""

    limits: Limits = DEFAULT
    locale: Locale = field(kw_only=True)
