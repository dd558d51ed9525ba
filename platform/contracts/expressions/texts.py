"""Functions of texts."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from contracts.expressions.signatures import Arguments, Function, table
from contracts.expressions.values import Value, kind, plain

_PIECES = 10_000


def _changed(change: Callable[[str], str]) -> Callable[[Arguments], Value]:
    return lambda given: change(given.text(0))


def _text(given: Arguments) -> Value:
    value = given.value(0)
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
        given.fail("type", f"a {kind(value)} is no text: name a field, or `join` it")
    return plain(value)


def _replace(given: Arguments) -> Value:
    text, old, new = given.text(0), given.text(1), given.text(2)
    if not old:
        given.fail("value", "an empty text is not replaced")
    length = len(text) + text.count(old) * (len(new) - len(old))
    given.frame.build(length, given.at)
    return text.replace(old, new)


def _split(given: Arguments) -> Value:
    text, separator = given.text(0), given.text(1)
    if not separator:
        given.fail("value", "a text is not split by an empty one")
    if text.count(separator) > _PIECES:
        given.fail("size", f"a text is split into at most {_PIECES} pieces")
    given.frame.spend(len(text) >> 4, given.at)
    return text.split(separator)


def _substring(given: Arguments) -> Value:
    most = given.frame.limits.built
    start = given.whole(1, 0, most)
    return given.text(0)[start : start + given.whole(2, 0, most, absent=most)]


def _padded(given: Arguments) -> Value:
    fill = given.text(2, absent=" ")
    if len(fill) != 1:
        given.fail("value", "a text is filled up with one character")
    text = given.text(0) if isinstance(given.value(0), str) else plain(given.number(0))
    return text.rjust(given.whole(1, 0, 1_000), fill)


def _length(given: Arguments) -> Value:
    value = given.value(0)
    return Decimal(len(value)) if isinstance(value, str) else Decimal(len(given.list(0)))


TEXTS = table(
    Function("text", _text, 1, 1, "text"),
    Function("upper", _changed(str.upper), 1, 1, "text"),
    Function("lower", _changed(str.lower), 1, 1, "text"),
    Function("trim", _changed(str.strip), 1, 1, "text"),
    Function("capital", _changed(lambda text: text[:1].upper() + text[1:]), 1, 1, "text"),
    Function("replace", _replace, 3, 3, "text"),
    Function("split", _split, 2, 2, "list"),
    Function("substring", _substring, 2, 3, "text"),
    Function("pad", _padded, 2, 3, "text"),
    Function("length", _length, 1, 1, "number"),
    Function("starts_with", lambda given: given.text(0).startswith(given.text(1)), 2, 2, "boolean"),
    Function("ends_with", lambda given: given.text(0).endswith(given.text(1)), 2, 2, "boolean"),
)
