"""Parameters of what follows another schedule: `{{ result.fileId }}` is what that run told.

A text that is one placeholder becomes the value with its type; others are filled as texts.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from contracts.expressions.compiling import compile_expression
from contracts.expressions.errors import ExpressionError
from contracts.expressions.frames import Frame
from contracts.expressions.functions import PLAIN_FUNCTIONS
from contracts.expressions.limits import Limits
from contracts.expressions.parsing import parse_expression
from contracts.expressions.signatures import Evaluated
from contracts.expressions.strict import strict
from contracts.expressions.values import plain

#: Of all placeholders of one run together.
_LIMITS = Limits(expression_length=1_000, steps=100_000, built=100_000, list_length=10_000)
_PLACEHOLDER = re.compile(r"\{\{((?:[^{}\"']|\"[^\"]*\"|'[^']*')+)\}\}")


class PlaceholderError(ValueError):
    """A placeholder that cannot be read, or not be filled: the message says which, and why."""


def has_placeholder(value: Any) -> bool:
    """Say whether a value is a text with a placeholder in it."""
    return isinstance(value, str) and _PLACEHOLDER.search(value) is not None


def check_placeholders(parameters: Mapping[str, Any]) -> bool:
    """Say whether there are any; raises PlaceholderError for one that cannot be read."""
    found = False

    def read(text: str, place: str) -> str:
        nonlocal found
        for one in _PLACEHOLDER.finditer(text):
            found = True
            _compiled(one, place)
        return text

    _each_text(parameters, "parameters", read)
    return found


def filled(parameters: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with the values that placeholders stand for.

    Raises PlaceholderError for one whose value is not there.
    """
    frame = Frame(strict(seen), _LIMITS)

    def fill(text: str, place: str) -> Any:
        def value(one: re.Match[str], told: Callable[[Any], Any]) -> Any:
            try:
                return told(_compiled(one, place)(frame))
            except (ExpressionError, TypeError) as error:
                raise PlaceholderError(f"{place}: {one[0][:100]}: {error}") from None

        if whole := _PLACEHOLDER.fullmatch(text.strip()):
            return value(whole, _as_json)
        return _PLACEHOLDER.sub(lambda one: str(value(one, plain)), text)

    return {name: _each_text(one, f"parameters.{name}", fill) for name, one in parameters.items()}


def _compiled(one: re.Match[str], place: str) -> Evaluated:
    try:
        return compile_expression(
            parse_expression(one[1].strip(), _LIMITS), PLAIN_FUNCTIONS, frozenset()
        )
    except ExpressionError as error:
        raise PlaceholderError(f"{place}: {one[0][:100]}: {error}") from None


def _each_text(value: Any, place: str, do: Callable[[str, str], Any]) -> Any:
    if isinstance(value, str):
        return do(value, place)
    if isinstance(value, Mapping):
        return {name: _each_text(one, f"{place}.{name}", do) for name, one in value.items()}
    if isinstance(value, list):
        return [_each_text(one, f"{place}[{at}]", do) for at, one in enumerate(value)]
    return value


def _as_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {name: _as_json(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(one) for one in value]
    return value if value is None or isinstance(value, bool | str | int | float) else plain(value)
