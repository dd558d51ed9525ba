"""Every function of the language."""

from collections.abc import Mapping

from apps.documents.domain.expressions.dates import DATES
from apps.documents.domain.expressions.formats import FORMATS
from apps.documents.domain.expressions.lists import LISTS
from apps.documents.domain.expressions.numbers import NUMBERS
from apps.documents.domain.expressions.signatures import Function
from apps.documents.domain.expressions.texts import TEXTS

FUNCTIONS: Mapping[str, Function] = {**NUMBERS, **TEXTS, **LISTS, **DATES, **FORMATS}
