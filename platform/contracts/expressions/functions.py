"""The functions that need no language of people: they are the same everywhere."""

from collections.abc import Mapping

from contracts.expressions.dates import DATES
from contracts.expressions.lists import LISTS
from contracts.expressions.numbers import NUMBERS
from contracts.expressions.signatures import Function
from contracts.expressions.texts import TEXTS

PLAIN_FUNCTIONS: Mapping[str, Function] = {**NUMBERS, **TEXTS, **LISTS, **DATES}
