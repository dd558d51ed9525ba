"""Functions of numbers."""

from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)

from contracts.expressions.signatures import Arguments, Function, table
from contracts.expressions.values import ARITHMETIC, Value

_TRAPS = [InvalidOperation, DivisionByZero, Overflow]
_UP = Context(prec=34, rounding=ROUND_HALF_UP, traps=_TRAPS)
_FLOOR = Context(prec=34, rounding=ROUND_FLOOR, traps=_TRAPS)
_CEILING = Context(prec=34, rounding=ROUND_CEILING, traps=_TRAPS)


def _rounded(given: Arguments, context: Context) -> Value:
    digits = given.whole(1, -20, 20, absent=0)
    return context.quantize(given.number(0), Decimal(1).scaleb(-digits))


def _to_number(given: Arguments) -> Value:
    """Digits with a point, as JSON and programs write them; nothing else is a number."""
    value = given.value(0)
    if isinstance(value, Decimal):
        return value
    text = given.text(0).strip()
    if len(text) > 40 or not text.isascii() or not set(text) <= set("0123456789.+-"):
        given.fail("value", f"no number: {text[:40]!r}")
    try:
        return ARITHMETIC.create_decimal(text)
    except InvalidOperation:
        given.fail("value", f"no number: {text[:40]!r}")


NUMBERS = table(
    Function("round", lambda given: _rounded(given, _UP), 1, 2, "number"),
    Function("floor", lambda given: _rounded(given, _FLOOR), 1, 2, "number"),
    Function("ceil", lambda given: _rounded(given, _CEILING), 1, 2, "number"),
    Function("abs", lambda given: ARITHMETIC.abs(given.number(0)), 1, 1, "number"),
    Function("to_number", _to_number, 1, 1, "number"),
)
