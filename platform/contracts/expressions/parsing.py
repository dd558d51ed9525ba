"""The text of an expression becomes a tree.

pipe        := choice ("|" name ["(" arguments ")"])*
choice      := fallback ["?" pipe ":" choice]
fallback    := or ("??" or)*
or, and, not, comparison, sum, product, sign: as everywhere
step        := primary ("." name | "[" pipe "]")*
primary     := number | text | true | false | null | name | name "(" arguments ")"
             | "(" pipe ")" | "[" arguments "]"
argument    := pipe | name "=>" pipe
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from contracts.expressions.errors import ExpressionError
from contracts.expressions.limits import DEFAULT, Limits
from contracts.expressions.nodes import (
    Binary,
    Call,
    Conditional,
    Index,
    Lambda,
    ListOf,
    Literal,
    Member,
    Name,
    Node,
    Unary,
)

#: Digits of a number that is written down; arithmetic has no more of them.
MOST_DIGITS = 34

# Each alternative is told by its first characters: no text is read twice.
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<sign>=>|\?\?|==|!=|<=|>=|&&|\|\||\}\}|[-+*/%<>()\[\],.?:|!]))",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t"}
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_SAME = {"&&": "and", "||": "or", "!": "not"}
#: Operators from the loosest to the tightest.
_LEVELS = (
    ("??",),
    ("or",),
    ("and",),
    ("==", "!=", "<", "<=", ">", ">=", "in"),
    ("+", "-"),
    ("*", "/", "%"),
)
_COMPARING = _LEVELS[3]
_OPERATORS = frozenset(("and", "or", "not", "in"))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse_expression(text: str, limits: Limits = DEFAULT) -> Node:
    """Return the tree of an expression; raises ExpressionError with the character."""
    parser = _Parser(text, 0, limits)
    node = parser.whole()
    if parser.token.kind != "end":
        raise ExpressionError(parser.token.at, "syntax", f"unexpected `{parser.token.text}`")
    return node


def parse_placeholder(text: str, start: int, limits: Limits = DEFAULT) -> tuple[Node, int]:
    """Return the tree of what begins at `start` and ends before `}}`, and where that ends."""
    parser = _Parser(text, start, limits)
    node = parser.whole()
    if parser.token.text != "}}" or parser.token.kind != "sign":
        raise ExpressionError(parser.token.at, "syntax", "`}}` is missing after the expression")
    return node, parser.token.at + 2


class _Parser:
    def __init__(self, text: str, start: int, limits: Limits) -> None:
        self.text = text
        self.start = start
        self.limits = limits
        self.depth = 0
        self.operators = 0
        self.end = start
        self.token = _Token("end", "", start)
        self.advance()

    def advance(self) -> _Token:
        """Return the token that was ahead and read the next."""
        passed = self.token
        if self.end - self.start > self.limits.expression_length:
            raise ExpressionError(
                self.start,
                "size",
                f"an expression has at most {self.limits.expression_length} characters",
            )
        found = _TOKEN.match(self.text, self.end)
        if found is None or found.lastgroup is None:
            self._end_or_refuse()
            return passed
        kind = found.lastgroup
        written = found[kind]
        self.token = _Token(kind, written, found.start(kind))
        if kind == "name" and written in _OPERATORS:
            self.token = _Token("sign", written, found.start(kind))
        elif written in _SAME and kind == "sign":
            self.token = _Token("sign", _SAME[written], found.start(kind))
        self.end = found.end()
        return passed

    def _end_or_refuse(self) -> None:
        rest = self.text[self.end :]
        at = self.end + len(rest) - len(rest.lstrip())
        if at < len(self.text):
            character = self.text[at]
            if character in "\"'":
                raise ExpressionError(at, "syntax", "the text that begins here has no end")
            raise ExpressionError(at, "syntax", f"`{character}` means nothing here")
        self.token = _Token("end", "the end", at)
        self.end = at

    def takes(self, *signs: str) -> _Token | None:
        """Return the token ahead and pass it if it is one of these signs."""
        if self.token.kind == "sign" and self.token.text in signs:
            return self.advance()
        return None

    def expect(self, sign: str, what: str) -> None:
        if not self.takes(sign):
            raise ExpressionError(
                self.token.at, "syntax", f"`{sign}` is expected {what}, found `{self.token.text}`"
            )

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > self.limits.expression_depth:
            raise ExpressionError(
                self.token.at,
                "depth",
                f"an expression nests at most {self.limits.expression_depth} deep",
            )

    def whole(self) -> Node:
        self.deeper()
        node = self.choice()
        while self.takes("|"):
            self._count()
            at = self.token.at
            name = self.name("a function after `|`")
            more = self.arguments() if self.takes("(") else ()
            node = Call(at, name, (node, *more))
        self.depth -= 1
        return node

    def _count(self) -> None:
        """A chain makes a tree as deep as it is long, and trees are walked by recursion."""
        self.operators += 1
        if self.operators > self.limits.expression_operators:
            raise ExpressionError(
                self.token.at,
                "size",
                f"an expression has at most {self.limits.expression_operators} operators",
            )

    def choice(self) -> Node:
        test = self.binary(0)
        asked = self.takes("?")
        if not asked:
            return test
        self.deeper()
        then = self.whole()
        self.expect(":", "after the first of two choices")
        other = self.choice()
        self.depth -= 1
        return Conditional(asked.at, test, then, other)

    def binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self.unary()
        node = self.binary(level + 1)
        while sign := self.takes(*_LEVELS[level]):
            self._count()
            node = Binary(sign.at, sign.text, node, self.binary(level + 1))
            if _LEVELS[level] is _COMPARING and self.token.text in _COMPARING:
                raise ExpressionError(self.token.at, "syntax", "join two comparisons by `and`")
        return node

    def unary(self) -> Node:
        sign = self.takes("-", "not")
        if not sign:
            return self.steps()
        self.deeper()
        # `not` is looser than a comparison: `not a == b` is `not (a == b)`.
        operand = self.binary(3) if sign.text == "not" else self.unary()
        self.depth -= 1
        return Unary(sign.at, sign.text, operand)

    def steps(self) -> Node:
        node = self.primary()
        while sign := self.takes(".", "["):
            self._count()
            if sign.text == ".":
                node = Member(self.token.at, node, self.name("a field after `.`"))
            else:
                index = self.whole()
                self.expect("]", "after the index")
                node = Index(sign.at, node, index)
        return node

    def primary(self) -> Node:  # noqa: PLR0911  (one case for each)
        token = self.token
        if token.kind == "number":
            self.advance()
            if len(token.text) > MOST_DIGITS:
                raise ExpressionError(
                    token.at, "size", f"a number has at most {MOST_DIGITS} digits"
                )
            return Literal(token.at, Decimal(token.text))
        if token.kind == "text":
            self.advance()
            inner = _ESCAPE.sub(lambda one: _ESCAPES.get(one[1], one[1]), token.text[1:-1])
            return Literal(token.at, inner)
        if token.kind == "name":
            self.advance()
            if token.text in _WORDS:
                return Literal(token.at, _WORDS[token.text])
            if self.takes("("):
                return Call(token.at, token.text, self.arguments())
            return Name(token.at, token.text)
        if self.takes("("):
            node = self.whole()
            self.expect(")", "to close the bracket")
            return node
        if self.takes("["):
            return ListOf(token.at, self.listed("]"))
        raise ExpressionError(token.at, "syntax", f"a value is expected, found `{token.text}`")

    def name(self, what: str) -> str:
        if self.token.kind != "name":
            raise ExpressionError(
                self.token.at, "syntax", f"{what} is expected, found `{self.token.text}`"
            )
        return self.advance().text

    def arguments(self) -> tuple[Node, ...]:
        return self.listed(")")

    def listed(self, closing: str) -> tuple[Node, ...]:
        found: list[Node] = []
        if self.takes(closing):
            return ()
        while True:
            found.append(self.argument())
            if self.takes(closing):
                return tuple(found)
            self.expect(",", f"or `{closing}`")

    def argument(self) -> Node:
        node = self.whole()
        if self.takes("=>"):
            if not isinstance(node, Name):
                raise ExpressionError(node.at, "syntax", "only a name stands before `=>`")
            self.deeper()
            body = self.whole()
            self.depth -= 1
            return Lambda(node.at, node.name, body)
        return node
