"""What a template in Word may say: placeholders, loops and conditions over plain data, no more.

Jinja's sandbox refuses attributes that lead to Python. Here nothing of Python is there to lead to:
only nodes on a list are taken, and nothing is called; a name leads to the data, whose objects are
read by their keys; loops, texts and numbers have bounds. The process that this runs in is the last
wall.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, DecimalException
from typing import Any

from jinja2 import ChainableUndefined, nodes
from jinja2.exceptions import TemplateRuntimeError, TemplateSyntaxError
from jinja2.runtime import LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from apps.documents.adapters.docx.filters import filters
from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.limits import DEFAULT, Limits
from apps.documents.domain.model.reading import UNWRITABLE
from contracts.expressions.values import ARITHMETIC, kind, normal

_TAKEN = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.For,
    nodes.If,
    nodes.Name,
    nodes.Const,
    nodes.Getattr,
    nodes.Getitem,
    nodes.CondExpr,
    nodes.Filter,
    nodes.Keyword,
    nodes.Test,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Add,
    nodes.Sub,
    nodes.Mul,
    nodes.Div,
    nodes.Neg,
    nodes.Concat,
    nodes.List,
)
_NAMES: dict[type[nodes.Node], str] = {
    nodes.Call: "a call",
    nodes.Pow: "`**`",
    nodes.Mod: "`%`",
    nodes.FloorDiv: "`//`",
}
_LOOP = frozenset(
    ("index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem")
)
_TESTS = ("defined", "undefined", "none", "odd", "even")
_DEEPEST = 6
_DEEP = "it is nested too deeply"
_COUNTED = "each item is counted"
_COMPUTE = {
    "+": ARITHMETIC.add,
    "-": ARITHMETIC.subtract,
    "*": ARITHMETIC.multiply,
    "/": ARITHMETIC.divide,
}


class Environment(ImmutableSandboxedEnvironment):
    """Jinja for one document."""

    intercepted_binops = frozenset(_COMPUTE)

    def __init__(self, locale: Locale, limits: Limits = DEFAULT) -> None:
        super().__init__(autoescape=True, undefined=ChainableUndefined, optimized=False)
        self.locale = locale
        self.finalize = self._shown
        self.globals.clear()
        tests = {name: self.tests[name] for name in _TESTS}
        self.tests.clear()
        self.tests.update(tests)
        self.filters.clear()
        self.filters.update(filters(locale))
        self.filters[_COUNTED] = self._counted
        self._steps = limits.evaluated_blocks
        self._left = limits.document_text

    def concat(self, pieces: Iterable[str]) -> str:
        """Return the text of a part, which has an end."""
        found = []
        for piece in pieces:
            self._left -= len(piece)
            if self._left < 0:
                raise TemplateRuntimeError("the document has too many characters: loop over less")
            found.append(piece)
        return "".join(found)

    def tree(self, source: str) -> nodes.Template:
        """Return what a part says that has no mistakes."""
        return super()._parse(source, None, None)

    def mistakes(self, source: str) -> Iterator[tuple[int, str]]:
        """Yield what a part may not say, with its line."""
        try:
            yield from _mistakes(super()._parse(source, None, None), self)
        except TemplateSyntaxError as error:
            yield error.lineno, _said(error)
        except RecursionError:
            yield 1, _DEEP

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        try:
            tree = super()._parse(source, name, filename)
        except RecursionError:
            raise TemplateSyntaxError(_DEEP, 1) from None
        for line, message in _mistakes(tree, self):
            raise TemplateSyntaxError(message, line)
        for loop in tree.find_all(nodes.For):
            counted = nodes.Filter(loop.iter, _COUNTED, [], [], None, None, lineno=loop.lineno)
            counted.set_environment(self)
            loop.iter = counted
        return tree

    def _counted(self, value: Any) -> Iterator[Any]:
        if value is None or isinstance(value, Undefined):
            return
        if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
            raise TemplateRuntimeError(f"a list is needed to loop over, found a {told(value)}")
        for item in value:
            self._steps -= 1
            if self._steps < 0:
                raise TemplateRuntimeError("the loops take too many turns: loop over less")
            yield item

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a field of an object of the data, or of the loop."""
        if isinstance(obj, LoopContext):
            return getattr(obj, attribute) if attribute in _LOOP else self.undefined()
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return a field or an item; what is not there is nothing."""
        if isinstance(obj, Mapping) and isinstance(argument, str):
            return obj.get(argument, self.undefined(name=argument))
        whole = isinstance(argument, int) and not isinstance(argument, bool)
        if isinstance(obj, list | tuple) and whole and -len(obj) <= argument < len(obj):
            return obj[argument]
        return self.undefined(name=str(argument)[:60])

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Reckon in decimals; two texts are joined by `~`."""
        one, other = normal(left), normal(right)
        if isinstance(one, Decimal) and isinstance(other, Decimal):
            try:
                return _COMPUTE[operator](one, other)
            except DecimalException:
                raise TemplateRuntimeError(f"`{operator}` gives no number here") from None
        found = f"{told(left)} and {told(right)}"
        raise TemplateRuntimeError(f"`{operator}` takes two numbers, found {found}")

    def _shown(self, value: Any) -> str:
        """Return what is written of a value; Jinja escapes it then."""
        if isinstance(value, str):
            return UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))
        if value is None or isinstance(value, Undefined):
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float | Decimal):
            number = normal(value)
            if isinstance(number, Decimal) and abs(number) < Decimal(10) ** 34:
                return self.locale.bare(number)
        if isinstance(value, dt.datetime):
            return self.locale.datetime(value)
        if isinstance(value, dt.date):
            return self.locale.date(value)
        raise TemplateRuntimeError(f"a {told(value)} is no text: name a field, or `join` it")


def told(value: Any) -> str:
    """Return the kind of a value for people."""
    return "nothing" if isinstance(value, Undefined) else kind(normal(value))


def _mistakes(tree: nodes.Template, env: Environment) -> Iterator[tuple[int, str]]:
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, loops = waiting.pop()
        loops += isinstance(node, nodes.For)
        message = _mistake(node, loops, env)
        if message:
            yield node.lineno or 1, message
        waiting.extend((child, loops) for child in reversed(list(node.iter_child_nodes())))


def _mistake(  # noqa: PLR0911  (one case for each)
    node: nodes.Node, loops: int, env: Environment
) -> str:
    if not isinstance(node, _TAKEN):
        name = _NAMES.get(type(node), f"`{type(node).__name__.lower()}`")
        return f"{name} is not taken: a template has placeholders, `for`, `if` and filters"
    match node:
        case nodes.For() if node.recursive or not isinstance(node.target, nodes.Name):
            return "a loop is `for name in list`"
        case nodes.For() if loops > _DEEPEST:
            return f"loops stand at most {_DEEPEST} deep"
        case nodes.Name(name=str(name)) | nodes.Getattr(attr=str(name)) if name.startswith("_"):
            return f"no name of a field: {name[:40]!r}"
        case nodes.Filter(name=str(name)) if name not in env.filters or name == _COUNTED:
            return f"there is no filter {name[:40]!r}: {', '.join(sorted(env.filters))[:300]}"
        case nodes.Test(name=str(name)) if name not in env.tests:
            return f"there is no test {name[:40]!r}: {', '.join(_TESTS)}"
    return ""


def _said(error: TemplateSyntaxError) -> str:
    message = error.message or "it cannot be read"
    for tag in ("tr", "tc", "p", "r"):
        if f"unknown tag '{tag}'" in message:
            what = {"tr": "a table's row", "tc": "a table's cell", "p": "a paragraph"}
            return f"`{{%{tag} … %}}` stands outside of {what.get(tag, 'a run of text')}"
    return message
