"""What an expression comes to, as far as the schema of the data tells; where it cannot be right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from apps.documents.domain.checking.schemas import resolved
from apps.documents.domain.checking.walking import Loop, Scope, Use
from apps.documents.domain.expressions.functions import FUNCTIONS
from apps.documents.domain.model.texts import Expression
from contracts.expressions import nodes as n

_KINDS = {
    "string": "text",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "array": "list",
    "object": "object",
    "null": "null",
}
_ITEMS_OF = frozenset(("sort", "filter", "distinct", "slice", "reverse"))
_WANTED: Mapping[Use, frozenset[str]] = {
    "list": frozenset(("list",)),
    "number": frozenset(("number",)),
    "date": frozenset(("text", "date", "datetime")),
    "scalar": frozenset(("text", "number", "boolean", "date", "datetime")),
}
Note: TypeAlias = Callable[[Expression, int, str, str], None]


@dataclass(frozen=True, slots=True)
class Type:
    """The kinds that a value may have, none where nothing is known; and the schema it is of."""

    kinds: frozenset[str] = frozenset()
    schema: Mapping[str, Any] | None = None

    def surely_not(self, wanted: frozenset[str]) -> bool:
        """Return whether the value is of no kind that is wanted; null is let through."""
        return bool(self.kinds) and not (self.kinds - {"null"}) & wanted


ANY = Type()


def _of(kind: str) -> Type:
    return ANY if kind == "any" else Type(frozenset((kind,)))


class Typer:
    """Follows expressions through a schema and notes what cannot be right."""

    def __init__(self, schema: Mapping[str, Any], note: Note) -> None:
        self.root = schema
        self.note = note

    def check(self, expression: Expression, use: Use, scope: Scope) -> None:
        """Note the mistakes of one expression."""
        found = _Walk(self, expression, self._env(scope), tell=True).type(expression.node)
        wanted = _WANTED.get(use)
        if wanted and found.surely_not(wanted):
            message = f"{use if use != 'scalar' else 'text'} is needed, {_told(found)} is given"
            self.note(expression, expression.offset, "type", message)

    def _env(self, scope: Scope) -> dict[str, Type]:
        return {name: self._loop(loop) for name, loop in scope.items()}

    def _loop(self, loop: Loop) -> Type:
        walk = _Walk(self, loop.over, self._env(loop.around), tell=False)
        over = walk.type(loop.over.node)
        return self.item(over) if loop.each else over

    def typed(self, schema: Any) -> Type:
        """Return what a schema says of a value."""
        found = resolved(schema, self.root)
        kinds = found.get("type", [])
        names = [kinds] if isinstance(kinds, str) else kinds
        return Type(frozenset(_KINDS[one] for one in names if one in _KINDS), found)

    def item(self, over: Type) -> Type:
        """Return the type of a list's items."""
        return self.typed(over.schema.get("items")) if over.schema else ANY


class _Walk:
    def __init__(
        self, typer: Typer, expression: Expression, env: Mapping[str, Type], *, tell: bool
    ) -> None:
        self.typer = typer
        self.expression = expression
        self.env = env
        self.tell = tell

    def note(self, at: int, code: str, message: str) -> None:
        if self.tell:
            self.typer.note(self.expression, at, code, message)

    def type(self, node: n.Node) -> Type:  # noqa: PLR0911  (one case for each)
        match node:
            case n.Literal():
                return ANY if node.value is None else _of(_kind(node.value))
            case n.Name():
                if node.name in self.env:
                    return self.env[node.name]
                return self._field(self.typer.typed(self.typer.root), node.name, node.at)
            case n.Member():
                return self._field(self.type(node.of), node.name, node.at)
            case n.Index():
                return self._index(node)
            case n.Unary():
                operand = self.type(node.operand)
                if node.operator == "not":
                    return _of("boolean")
                self._number(operand, node.at, "-")
                return _of("number")
            case n.Binary():
                return self._binary(node)
            case n.Call():
                return self._call(node)
            case _:
                types = [self.type(child) for child in n.children(node)]
                return _of("list") if isinstance(node, n.ListOf) else types[1]

    def _field(self, of: Type, name: str, at: int) -> Type:
        if of.surely_not(frozenset(("object",))):
            self.note(at, "type", f"{_told(of)} has no field `{name}`")
            return ANY
        if not of.schema or "properties" not in of.schema:
            return ANY
        known = of.schema["properties"]
        if name in known:
            return self.typer.typed(known[name])
        if not of.schema.get("patternProperties") and not of.schema.get("additionalProperties"):
            names = ", ".join(sorted(known)[:20])
            self.note(at, "field", f"the data has no `{name}`; it has {names}")
        return ANY

    def _index(self, node: n.Index) -> Type:
        of = self.type(node.of)
        if isinstance(node.index, n.Literal) and isinstance(node.index.value, str):
            return self._field(of, node.index.value, node.index.at)
        self.type(node.index)
        return self.typer.item(of)

    def _number(self, found: Type, at: int, sign: str) -> None:
        if found.surely_not(frozenset(("number",))):
            self.note(at, "type", f"`{sign}` takes numbers, {_told(found)} is given")

    def _binary(self, node: n.Binary) -> Type:
        left, right = self.type(node.left), self.type(node.right)
        if node.operator in "-*/%":
            self._number(left, node.at, node.operator)
            self._number(right, node.at, node.operator)
            return _of("number")
        if node.operator == "+":
            texts = left.kinds | right.kinds == {"text"}
            if not texts and "text" in (left.kinds | right.kinds) and left.kinds and right.kinds:
                message = (
                    f"`+` takes two numbers or two texts, not {_told(left)} and {_told(right)}"
                )
                self.note(node.at, "type", message)
            return _of("text") if texts else ANY
        if node.operator == "??":
            return Type(left.kinds - {"null"}, left.schema)
        if node.operator in ("<", "<=", ">", ">="):
            self._alike(node, left, right)
        return ANY if node.operator in ("and", "or") else _of("boolean")

    def _alike(self, node: n.Binary, left: Type, right: Type) -> None:
        if left.kinds and right.kinds and not left.kinds & right.kinds:
            message = f"{_told(left)} and {_told(right)} do not compare"
            self.note(node.at, "type", message)

    def _call(self, node: n.Call) -> Type:
        function = FUNCTIONS[node.name]
        first = self.type(node.arguments[0]) if node.arguments else ANY
        if function.each is not None and first.surely_not(frozenset(("list",))):
            self.note(node.at, "type", f"`{node.name}` takes a list, {_told(first)} is given")
        for at, argument in enumerate(node.arguments[1:], start=1):
            if at == function.each and isinstance(argument, n.Lambda):
                env = {**self.env, argument.name: self.typer.item(first)}
                _Walk(self.typer, self.expression, env, tell=self.tell).type(argument.body)
            else:
                self.type(argument)
        if node.name == "distinct" and len(node.arguments) > 1:
            return _of("list")
        if node.name in _ITEMS_OF:
            return first
        if node.name in ("first", "last"):
            return self.typer.item(first)
        return _of(function.gives)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def _told(found: Type) -> str:
    return "a " + " or ".join(sorted(found.kinds - {"null"} or found.kinds))
