"""Every function that templates have."""

from collections.abc import Mapping

from apps.documents.domain.expressions.formats import FORMATS
from contracts.expressions.functions import PLAIN_FUNCTIONS
from contracts.expressions.signatures import Function

FUNCTIONS: Mapping[str, Function] = {**PLAIN_FUNCTIONS, **FORMATS}
