"""The texts of values, by what their fields hold."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from apps.importexport.domain.formats.formulas import guarded
from contracts.datasets import Field, Kind

Text: TypeAlias = Callable[[Any], str]
_dumps = partial(json.dumps, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def text_of(field: Field, *, guard: bool) -> Text:
    """Return what makes the text of a value of a field; None is the empty one."""
    if field.kind is Kind.JSON:
        return lambda value: "" if value is None else _dumps(value)
    return _guarded if guard else plain_text


def plain_text(value: Any) -> str:
    """Return the text of a value as JSON has it, a text as it is."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if type(value) is int or type(value) is float:
        return repr(value)
    return _dumps(value)


def _guarded(value: Any) -> str:
    if isinstance(value, str):
        return guarded(value)
    return plain_text(value)
