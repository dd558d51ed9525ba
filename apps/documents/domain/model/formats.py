"""How a column writes its values: `currency`, `number:2`, `date:long` and the like."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from babel.numbers import list_currencies

from apps.documents.domain.expressions.locales import pattern_problem

Kind: TypeAlias = Literal["text", "number", "currency", "percent", "date", "datetime"]
KINDS: tuple[Kind, ...] = ("text", "number", "currency", "percent", "date", "datetime")
NUMBERS = frozenset(("number", "currency", "percent"))


@dataclass(frozen=True, slots=True)
class Format:
    """`digits` is -1 where a number shows those that it has; `argument` a currency or a width."""

    kind: Kind = "text"
    digits: int = -1
    argument: str = ""


TEXT = Format()


def parse_format(written: str) -> Format:
    """Return a format; raises ValueError with what is wrong."""
    name, _, argument = written.partition(":")
    kind = next((one for one in KINDS if one == name), None)
    if kind is None:
        raise ValueError(f"a format is one of {', '.join(KINDS)}, found {name[:40]!r}")
    if kind in ("number", "percent"):
        if argument and not (argument.isdecimal() and argument.isascii() and int(argument) <= 10):
            raise ValueError(f"`{kind}:` is followed by 0 to 10 digits, found {argument[:20]!r}")
        return Format(kind, int(argument) if argument else (0 if kind == "percent" else -1))
    if kind == "currency":
        if argument and argument not in list_currencies():
            raise ValueError(f"no currency of ISO 4217: {argument[:20]!r}")
        return Format(kind, argument=argument)
    if kind == "text":
        if argument:
            raise ValueError("`text` takes nothing after it")
        return TEXT
    if problem := pattern_problem(argument or "medium"):
        raise ValueError(f"no format of dates: {problem}")
    return Format(kind, argument=argument or "medium")
